import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { test } from 'node:test'
import Fastify from 'fastify'
import zitadel from '../../../dist/index.js'
import { testDenials } from '../denials.js'

const isAtLeast = (major, minor) => {
  const [runningMajor, runningMinor] = process.versions.node.split('.').map(Number)
  return runningMajor > major || (runningMajor === major && runningMinor >= minor)
}

for (const version of [6, 7, 8]) {
  if (version === 8 && !isAtLeast(22, 19)) {
    test('undici 8', { skip: `undici 8 needs Node.js 22.19, this is ${process.version}` }, () => {})
    continue
  }
  const undici = await import(`undici-${version}`)
  for (const name of ['Agent', 'EnvHttpProxyAgent', 'composed Agent']) {
    testDenials(`undici ${version}, ${name}`, async (options) => {
      const dispatcher = name === 'composed Agent' ? new undici.Agent().compose(undici.interceptors.retry()) : new undici[name]()
      const app = Fastify()
      await app.register(zitadel, { ...options, dispatcher })
      app.get('/orders', { config: { roles: ['reader'] } }, async () => [])
      const address = await app.listen({ host: '127.0.0.1', port: 0 })
      return { url: `${address}/orders`, close: async () => { await app.close(); await dispatcher.close() } }
    })
  }

  test(`undici ${version} ends a request when the timeout is over`, async (t) => {
    const server = createServer(() => {})
    t.after(() => server.close().closeAllConnections())
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const dispatcher = new undici.Agent()
    t.after(async () => await dispatcher.destroy())
    const app = Fastify()
    t.after(async () => await app.close())
    await app.register(zitadel, { issuer: `http://127.0.0.1:${server.address().port}`, credentials: { clientId: 'orders', clientSecret: 'secret' }, dispatcher, timeout: 200 })
    const requested = once(server, 'request')
    const error = await app.zitadel.introspect('token').catch((error) => error)
    assert.equal(error.code, 'FST_ZITADEL_UNAVAILABLE')
    assert.equal(error.cause.message, 'no answer from ZITADEL within 200 ms')
    const [request] = await requested
    if (!request.socket.destroyed) await once(request.socket, 'close')
  })
}
