// The guarded API, built as it is published, in a process of its own so that its memory is its own.
import Fastify from 'fastify'
import { Redis } from 'ioredis'
import zitadel from '../../dist/index.js'
import { INACTIVE_TTL, MAX, TIMEOUT, TTL } from './settings.js'
import { serve } from './process.js'

const say = (event) => process.send?.({ event })
process.on('unhandledRejection', (reason) => say({ unhandledRejection: String(reason?.stack ?? reason) }))
process.on('warning', (warning) => say({ warning: String(warning) }))

const lines = {}
let app
let client

serve({
  echo: () => {},
  start: async ({ issuer, keyFile, redisPort, sharedKey, signingKey }) => {
    client = new Redis(redisPort, '127.0.0.1', { retryStrategy: (times) => Math.min(50 * times, 500), maxRetriesPerRequest: null })
    client.on('error', () => {})
    await client.ping()
    app = Fastify({ logger: { level: 'warn', stream: { write: (line) => count(JSON.parse(line)) } }, forceCloseConnections: true })
    await app.register(zitadel, {
      issuer,
      credentials: { keyFile },
      timeout: TIMEOUT,
      cache: { ttl: TTL / 1000, inactiveTtl: INACTIVE_TTL / 1000, max: MAX, shared: { client, key: sharedKey } },
      events: { path: '/events', signingKey }
    })
    const handler = async ({ zitadel }) => ({ sub: zitadel.sub })
    app.get('/live', handler)
    app.get('/fresh', { config: { scopes: [], freshness: 0 } }, handler)
    app.get('/admin', { config: { roles: ['admin'] } }, handler)
    app.post('/upload', { config: { roles: ['admin'] } }, handler)
    return await app.listen({ host: '127.0.0.1', port: 0, backlog: 1024 })
  },
  forget: async (what) => await app.zitadel.forget(what),
  reload: async () => await app.zitadel.reload(),
  check: async () => await app.zitadel.check(),
  /** What this process holds after garbage collection. */
  sample: async () => {
    for (let i = 0; i < 2; i++) globalThis.gc()
    const resources = process.getActiveResourcesInfo()
    const count = (type) => resources.filter((each) => each === type).length
    return { heap: process.memoryUsage().heapUsed, sockets: count('TCPSocketWrap') + count('TCPConnectWrap'), timers: count('Timeout'), resources: resources.length }
  },
  lines: () => lines,
  close: async () => {
    await app.close()
    client.disconnect()
  }
})

function count ({ level, code, err, msg }) {
  const name = `${level} ${code ?? err?.code ?? 'other'} ${msg.slice(0, 150)}`
  lines[name] = (lines[name] ?? 0) + 1
}
