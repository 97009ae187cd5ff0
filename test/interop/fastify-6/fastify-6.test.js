import { test } from 'node:test'
import zitadel from '../../../dist/index.js'
import { testDenials } from '../denials.js'

if (Number(process.versions.node.split('.')[0]) < 22) {
  test('Fastify 6', { skip: 'Fastify 6 needs Node.js 22' }, () => {})
} else {
  const { default: Fastify } = await import('fastify')
  testDenials('Fastify 6', async (options) => {
    const app = Fastify()
    await app.register(zitadel, options)
    app.get('/orders', { config: { roles: ['reader'] } }, async () => [])
    const address = await app.listen({ host: '127.0.0.1', port: 0 })
    return { url: `${address}/orders`, close: async () => await app.close() }
  })
}
