import autocannon from 'autocannon'
import { NAMES, PEERS, WITH_METRICS, getBareFramework } from './contestants/names.js'
import { PATH } from './contestants/route.js'
import { startContestant } from './parts/contestant-processes.js'
import { measureInRounds, divideEach, getSpread } from './parts/statistics.js'
import { formatSpread, formatRatio } from './table.js'

const CONNECTIONS = 16
/** Why a goal is not reached: found by profiles, and by measuring with one token. */
const WHY = 'the hash of the token and the lookup of its verdict cannot be left out. In a profile over sockets with an opaque token, the hash took 5 % of the CPU time of a request, the lookup 2.5, the composition with @fastify/auth 2, and all other checks 2.5. With one token instead of 1,000 the ratio was 0.03 to 0.08 higher, because the memory of a thousand verdicts is not in the CPU caches. The hash of a JWT of 1.1 kB takes 0.95 us in a loop, of which 0.62 are SHA-256 itself. In a server under load, on a machine half as fast, it took 4.2 of 45 us, and a hash of eight characters 3.1: between two requests, the code of OpenSSL leaves the CPU caches. The lookup took 1.2 to 2.1 us there, and 0.5 with one token. SipHash-2-4 with a secret key and 128 bits, in WebAssembly, took 3.4 to 5.9 us less than `crypto.hash` there, of about 55. It is not used: the hash decides whose verdict a caller gets, and an implementation of this package would have fewer reviewers than that of Node.js'
/** Seconds of load before the measurement: the engine needs tens of thousands of requests to optimise a server, and each token is introspected once. */
const WARM_UP = 2
/** Seconds of a load. */
const DURATION = 1
/** Loads of a process, of which the cheapest counts. Other work on the machine can only raise the cost, through shared CPU caches. */
const LOADS = 4

/**
 * Measures how many requests a core serves, over real sockets, by the server's own CPU time.
 * Each round starts a contestant and its bare framework in new processes, because the engine can compile the same code differently.
 * Both are loaded in turn, because the machine can get slower or faster within seconds.
 */
export async function measureHitOverSockets ({ started, authority, socketRounds, progress }) {
  const guards = started.contestants.filter((contestant) => contestant !== WITH_METRICS && contestant !== getBareFramework(contestant))
  const measured = await measureInRounds(socketRounds, guards, async (contestant, round, i) => {
    progress((round + i / guards.length) / socketRounds)
    return await measurePair(contestant, authority)
  })
  // Requests a second and core are the inverse of CPU seconds a request.
  const shares = (contestant) => measured.get(contestant).map(({ own, bare }) => bare / own)
  const toPlain = (contestant) => getSpread(shares(contestant))
  const toEmpty = (contestant) => getSpread(divideEach(shares(contestant), shares(`empty:${contestant.split(':')[1]}`)))
  const bestPeer = Math.max(...PEERS.filter((peer) => measured.has(peer)).map((peer) => toPlain(peer).median))
  const rate = (contestant) => getSpread(measured.get(contestant).map(({ own }) => 1000 / own))

  return {
    title: 'Requests per second and core on a hit, over real sockets',
    text: `autocannon, ${CONNECTIONS} connections, from another process, ${authority.tokens.jwt.length.toLocaleString('en')} tokens; CPU time of the server's process. 1 is its plain framework, sent the same header. Each of ${socketRounds} rounds starts a contestant and its bare framework in new processes and loads both in turn: the median of the rounds, with the least and the most. Of a process, the cheapest of ${LOADS} loads counts. The process that sends the load does not sleep: waking it up would count as CPU time of the server, and a server that is slower than it would do so more often. On a shared machine, three runs of the same code gave medians of 0.77, 0.84 and 0.86 for the guard with an opaque token, and of 0.90, 0.80 and 0.81 with a JWT: a difference below 0.1 says little. On a machine half as fast (25,000 requests a second and core of plain Fastify), a quick run gave 0.74 and 0.71: there, memory outside of the CPU caches costs more. Processes of the same code once differed by up to 2 us a request. That was \`process.nextTick()\`: if a garbage collection finds none of its objects alive, V8 makes each of its calls ten times as slow from then on, and a request needs about nine. The guard keeps one of them (\`lib/tick-object.ts\`); other contestants that wait before their first requests can be affected.`,
    head: ['contestant', 'to plain Fastify', 'thousand requests per second and core'],
    rows: guards.map((contestant) => [NAMES[contestant], formatRatio(toPlain(contestant)), formatSpread(rate(contestant))]),
    bars: guards.map((contestant) => ({
      label: NAMES[contestant].replaceAll(/[*`]/g, ''),
      ours: contestant.startsWith('guard'),
      ...toPlain(contestant)
    })),
    targets: [
      ...['guard:opaque', 'guard:jwt'].map((guard) => ({
        what: `requests per second and core, ${guard.split(':')[1]} token, to plain Fastify`,
        goal: 'at least 0.85',
        measured: formatRatio(toPlain(guard)),
        reached: toPlain(guard).median >= 0.85,
        why: WHY
      })),
      ...['guard:opaque', 'guard:jwt'].map((guard) => ({
        what: `requests per second and core, ${guard.split(':')[1]} token, to an empty composition of @fastify/auth`,
        goal: '-',
        measured: formatRatio(toEmpty(guard))
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

/** @returns microseconds of CPU a request: of a contestant, and of its bare framework, each in a new process */
async function measurePair (contestant, authority, seconds) {
  const pair = [await startServer(contestant, authority), await startServer(getBareFramework(contestant), authority)]
  const costs = pair.map(() => [])
  for (const { load } of pair) await load(WARM_UP)
  for (let i = 0; i < LOADS; i++) {
    for (const [which, { load }] of pair.entries()) costs[which].push(await load(DURATION))
  }
  for (const { stop } of pair) await stop()
  const [own, bare] = costs.map((each) => Math.min(...each))
  return { own, bare }
}

/** @returns `load`, which takes seconds and resolves to microseconds of CPU a request, and `stop` */
async function startServer (contestant, authority) {
  const server = await startContestant(contestant, authority)
  const port = await server.ask('listen')
  const tokens = authority.tokens[contestant.split(':')[1]]
  const requests = tokens.map((token) => ({ method: 'GET', path: PATH, headers: { authorization: `Bearer ${token}` } }))
  const load = async (duration) => {
    const before = await server.ask('cpu')
    const letSleep = stayAwake()
    const result = await autocannon({ url: `http://127.0.0.1:${port}`, connections: CONNECTIONS, duration, requests })
    letSleep()
    const spent = await server.ask('cpu') - before
    if (result.non2xx > 0 || result.errors > 0) throw new Error(`${contestant}: ${result.non2xx} refused, ${result.errors} failed`)
    return spent / result['2xx']
  }
  return { load, stop: server.stop }
}

/**
 * Keeps this process from sleeping while it waits for responses. Waking it up would count as CPU time of the server that responds,
 * and a server that is slower than this process would do so more often.
 */
function stayAwake () {
  let isAwake = true
  const turn = () => { if (isAwake) setImmediate(turn) }
  turn()
  return () => { isAwake = false }
}
