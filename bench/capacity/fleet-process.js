import { hash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import Fastify from 'fastify'
import { Redis } from 'ioredis'
import zitadel from '../../dist/index.js'
import { createIntrospectionResponse } from '../parts/claims.js'
import { answerQuestions } from '../parts/processes.js'

// One process of a fleet, with its share of the callers. ZITADEL is a function that waits and counts.

const TICK = 10
const counts = { requests: 0, introspections: 0, failures: 0 }
const app = Fastify()
let client
const running = new AbortController()

/** The same for every process. */
const getToken = (number) => hash('sha512', String(number), 'base64url')

answerQuestions({
  open: async ({ port, ttl, latency }) => {
    // The plugin opens its own connections.
    client = new Redis(port, '127.0.0.1', { lazyConnect: true })
    const numbers = new Map()
    const introspect = async (token) => {
      counts.introspections++
      await sleep(latency)
      if (!numbers.has(token)) numbers.set(token, Number(token.slice(86)))
      return createIntrospectionResponse('https://auth.acme.example', numbers.get(token))
    }
    // The deadline is long, so that a busy machine does not change the counts.
    await app.register(zitadel, { introspect, timeout: 20_000, cache: { ttl, max: 100_000, shared: { client, key: 'k'.repeat(32), deadline: 5000 } } })
    app.get('/', async () => 'served')
    await app.ready()
    await sleep(500)
  },
  /**
   * Poisson arrivals: so many requests a second, evenly over so many tokens. The first uses of the tokens are spread over some
   * seconds, so that their expiries are.
   */
  run: ({ requests, tokens, spread }) => {
    call(requests, tokens, spread * 1000)
  },
  forget: async (number) => await app.zitadel.forget({ sub: createIntrospectionResponse('', number).sub }),
  counts: () => ({ ...counts }),
  memory: () => {
    for (let i = 0; i < 3; i++) globalThis.gc()
    const { heapUsed, external } = process.memoryUsage()
    return heapUsed + external
  },
  stop: async () => {
    running.abort()
    await sleep(200)
    await app.close()
    client.disconnect()
  }
})

async function call (requests, tokens, spread) {
  const start = performance.now()
  let next = start
  while (!running.signal.aborted) {
    for (; next <= performance.now(); next -= Math.log(1 - Math.random()) * 1000 / requests) {
      counts.requests++
      const number = Math.floor(Math.random() * tokens * Math.min(1, (next - start) / spread))
      app.inject({ url: '/', headers: { authorization: `Bearer ${getToken(number)}${number}` } }, (_error, response) => {
        if (response?.statusCode !== 200) counts.failures++
      })
    }
    await sleep(TICK)
  }
}
