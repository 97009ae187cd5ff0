import autocannon from 'autocannon'
import { NAMES, PEERS, WITH_METRICS, bareOf } from './contestants/names.js'
import { PATH } from './contestants/route.js'
import { startContender } from './parts/contenders.js'
import { inRounds, ratios, spread } from './parts/statistics.js'
import { number, ratio } from './table.js'

const CONNECTIONS = 16
/** Found by leaving out one part after the other, over sockets. */
const WHY = 'the hash of the token and the lookup of its verdict cannot be left out. Taken apart over sockets by leaving out one part after the other (five processes each, opaque token), with plain Fastify at 1: an empty hook 0.99, with the token and the clock read 0.98, with the hash of the token 0.92, with the lookup of the verdict 0.84, with all checks 0.81. In process, the lookup takes 0.17 us; over sockets 1.2 us, because the memory of a thousand verdicts is not in the CPU caches. Half of that was the order of the cache, which each use changed; now it is changed once a second. The hash of a JWT of 1.1 kB takes 0.95 us, of which 0.62 are SHA-256 itself'
/** Seconds of load before the measurement: the engine needs more than a few thousand requests to optimise a server, and each token is introspected once. */
const WARM_UP = 1
/** Loads of a process, of which the cheapest counts. Other work on the machine can only raise the cost, through shared CPU caches. */
const LOADS = 2

/**
 * Measures how many requests a core serves, over real sockets, by the server's own CPU time.
 * Each round starts every contestant in a new process, because the engine can compile the same code differently.
 */
export async function hitOverSockets ({ contenders, authority, socketRounds, seconds, progress }) {
  const contestants = contenders.contestants.filter((contestant) => contestant !== WITH_METRICS)
  const measured = await inRounds(socketRounds, contestants, async (contestant, round, i) => {
    progress((round + i / contestants.length) / socketRounds)
    return await measureProcess(contestant, authority, seconds)
  })
  const guards = contestants.filter((contestant) => contestant !== bareOf(contestant))
  // Requests a second and core are the inverse of CPU seconds a request.
  const shares = (contestant) => ratios(measured.get(bareOf(contestant)), measured.get(contestant))
  const toPlain = (contestant) => spread(shares(contestant))
  const toEmpty = (contestant) => spread(ratios(shares(contestant), shares(`empty:${contestant.split(':')[1]}`)))
  const bestPeer = Math.max(...PEERS.filter((peer) => measured.has(peer)).map((peer) => toPlain(peer).median))
  const rate = (contestant) => spread(measured.get(contestant).map((microseconds) => 1000 / microseconds))

  return {
    title: 'Requests per second and core on a hit, over real sockets',
    text: `autocannon, ${CONNECTIONS} connections, from another process, ${authority.tokens.jwt.length.toLocaleString('en')} tokens; CPU time of the server's process. 1 is its plain framework, sent the same header. ${socketRounds} new processes for each contestant: the median of them, with the least and the most. Of a process, the cheapest of ${LOADS} loads counts. Processes of the same code once differed by up to 2 us a request. That was \`process.nextTick()\`: if a garbage collection finds none of its objects alive, V8 makes each of its calls ten times as slow from then on, and a request needs about nine. The guard keeps one of them (\`lib/tick-object.ts\`); other contestants that wait before their first requests can be affected.`,
    head: ['contestant', 'to plain Fastify', 'thousand requests per second and core'],
    rows: guards.map((contestant) => [NAMES[contestant], ratio(toPlain(contestant)), number(rate(contestant))]),
    bars: guards.map((contestant) => ({
      label: NAMES[contestant].replaceAll(/[*`]/g, ''),
      ours: contestant.startsWith('guard'),
      ...toPlain(contestant)
    })),
    targets: [
      ...['guard:opaque', 'guard:jwt'].map((guard) => ({
        what: `requests per second and core, ${guard.split(':')[1]} token, to plain Fastify`,
        goal: 'at least 0.85',
        measured: ratio(toPlain(guard)),
        reached: toPlain(guard).median >= 0.85,
        why: WHY
      })),
      ...['guard:opaque', 'guard:jwt'].map((guard) => ({
        what: `requests per second and core, ${guard.split(':')[1]} token, to an empty composition of @fastify/auth`,
        goal: '-',
        measured: ratio(toEmpty(guard))
      })),
      {
        what: 'requests per second and core, ahead of every other peer',
        goal: 'more than the most of them',
        measured: `${toPlain('guard:jwt').median.toFixed(2)} (JWT) against ${bestPeer.toFixed(2)} of plain Fastify`,
        reached: Math.min(toPlain('guard:jwt').median, toPlain('guard:opaque').median) > bestPeer
      }
    ]
  }
}

/** @returns microseconds of CPU a request, in a new process */
async function measureProcess (contestant, authority, seconds) {
  const server = await startContender(contestant, authority)
  const port = await server.ask('listen')
  const tokens = authority.tokens[contestant.split(':')[1]]
  const requests = tokens.map((token) => ({ method: 'GET', path: PATH, headers: { authorization: `Bearer ${token}` } }))
  const load = async (duration) => {
    const before = await server.ask('cpu')
    const result = await autocannon({ url: `http://127.0.0.1:${port}`, connections: CONNECTIONS, duration, requests })
    const spent = await server.ask('cpu') - before
    if (result.non2xx > 0 || result.errors > 0) throw new Error(`${contestant}: ${result.non2xx} refused, ${result.errors} failed`)
    return spent / result['2xx']
  }
  await load(WARM_UP)
  const loads = []
  for (let i = 0; i < LOADS; i++) loads.push(await load(seconds))
  await server.stop()
  return Math.min(...loads)
}
