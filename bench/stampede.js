import { randomBytes } from 'node:crypto'
import { startProcess } from './parts/processes.js'
import { startRedis } from './parts/redis.js'

const REQUESTS = 1000
/** Milliseconds until the server responds, so that all requests have arrived before. */
const THINKING = 100

/** Counts the introspections for one new token that a thousand requests have at the same time. */
export async function countIntrospections ({ authority, server }) {
  const one = await ask(server, authority, 'guard', 1)
  const redis = await startRedis()
  const four = redis === undefined
    ? 'skipped: no redis-server here'
    : await ask(server, { ...authority, redis: redis.url }, 'guard-shared', 4).catch(skippedIfRefused)
  await redis?.stop()
  const alone = await ask(server, authority, 'guard', 4)

  const reached = (count) => typeof count === 'number' ? count === 1 : undefined
  return {
    title: `Introspections sent for ${REQUESTS.toLocaleString('en')} simultaneous requests with one new token`,
    text: `The server takes ${THINKING} ms to answer.`,
    head: ['guards', 'introspections'],
    rows: [
      ['one process', String(one)],
      ['four processes that share a Redis', String(four)],
      ['four processes that share nothing', String(alone)]
    ],
    targets: [
      { what: 'introspections for 1,000 simultaneous requests with one new token, one process', goal: '1', measured: String(one), reached: reached(one) },
      { what: 'the same, four processes that share a healthy Redis', goal: '1', measured: String(four), reached: reached(four) }
    ]
  }
}

async function ask (server, authority, contestant, processes) {
  const guards = await Promise.all(Array.from({ length: processes }, () => startProcess('route-process.js', [contestant])))
  try {
    for (const guard of guards) await guard.ask('open', { contestant, authority })
    await Promise.all(guards.map((guard) => guard.ask('touch')))
    await server.ask('counts')
    await server.ask('answerAfter', THINKING)
    const token = randomBytes(60).toString('base64url')
    const served = await Promise.all(guards.map((guard) => guard.ask('burst', { count: REQUESTS / processes, token })))
    if (served.reduce((sum, each) => sum + each) !== REQUESTS) throw new Error(`only ${served} of ${REQUESTS} were served`)
    return (await server.ask('counts')).introspections
  } finally {
    await server.ask('answerAfter', 0)
    await Promise.all(guards.map((guard) => guard.stop()))
  }
}

function skippedIfRefused (error) {
  if (!error.message.includes('cache.shared')) throw error
  return 'skipped: the option "cache.shared" is refused'
}
