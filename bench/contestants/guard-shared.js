import { Redis } from 'ioredis'
import { start as startGuard } from './guard.js'

/** This package with a shared cache. */
export async function start (authority) {
  const client = new Redis(authority.redis)
  const app = await startGuard(authority, { shared: { client } }).catch((error) => {
    client.disconnect()
    throw error
  })
  app.addHook('onClose', () => client.disconnect())
  return app
}
