import { Redis } from 'ioredis'
import { start as startGuard } from './guard.js'

/** This package with the tier that a fleet shares. */
export async function start (authority) {
  const client = new Redis(authority.redis)
  const app = await startGuard(authority, { shared: { client } }).catch((error) => {
    client.disconnect()
    throw error
  })
  app.addHook('onClose', () => client.disconnect())
  return app
}
