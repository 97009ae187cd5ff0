import autocannon from 'autocannon'
import { CACHED_JWT, NAMES, PEERS, bareOf } from './contestants/names.js'
import { PATH } from './contestants/route.js'
import { inRounds, ratios, spread } from './parts/statistics.js'
import { number, ratio } from './table.js'

const CONNECTIONS = 16
/** Seconds of load before anything is measured: an engine is not done with a server in a few thousand requests. */
const WARM_UP = 1

const WHY = 'a plain request takes only about 12 us of CPU on this machine, which leaves 3 to a guard, and this one takes about 5 over sockets, though under 2 in process. In a profile (JWT), hashing the token takes 1.6 us a request and every other function of the guard under 0.5; where the rest goes has not been found'

/** How many requests does a core serve, over real sockets? By the server's own CPU time, whatever else the machine does. */
export async function hitOverSockets ({ contenders: { processes, contestants }, authority, socketRounds, seconds }) {
  const ports = new Map()
  for (const contestant of contestants) ports.set(contestant, await processes.get(contestant).ask('listen'))
  const load = async (contestant, duration) => {
    const server = processes.get(contestant)
    await server.ask('touch')
    const before = await server.ask('cpu')
    const tokens = authority.tokens[contestant.split(':')[1]]
    const result = await autocannon({
      url: `http://127.0.0.1:${ports.get(contestant)}`,
      connections: CONNECTIONS,
      duration,
      requests: tokens.map((token) => ({ method: 'GET', path: PATH, headers: { authorization: `Bearer ${token}` } }))
    })
    const spent = await server.ask('cpu') - before
    if (result.non2xx > 0 || result.errors > 0) throw new Error(`${contestant}: ${result.non2xx} refused, ${result.errors} failed`)
    return spent / result['2xx']
  }
  for (const contestant of contestants) await load(contestant, WARM_UP)
  const guards = contestants.filter((contestant) => !contestant.startsWith('plain'))
  // Each beside plain Fastify, so that both meet the same moment of the machine.
  const measured = await inRounds(socketRounds, guards, async (contestant) => {
    const plain = await load(contestant.endsWith('opaque') ? 'plain:opaque' : 'plain:jwt', seconds)
    return { plain, whole: await load(contestant, seconds) }
  })
  // Requests a second and core are the inverse of CPU seconds a request.
  const shares = (contestant) => measured.get(contestant).map(({ plain, whole }) => plain / whole)
  const toPlain = (contestant) => spread(shares(contestant))
  const toCached = (contestant) => spread(ratios(shares(contestant), shares(CACHED_JWT)))
  const bestPeer = Math.max(...PEERS.filter((peer) => processes.has(peer)).map((peer) => toPlain(peer).median))
  const rate = (contestant) => spread(measured.get(contestant).map(({ whole }) => 1000 / whole))

  return {
    title: 'Requests per second and core on a hit, over real sockets',
    text: `autocannon, ${CONNECTIONS} connections, from another process; CPU time of the server's process. 1 is plain Fastify, sent the same header and measured right before.`,
    head: ['contestant', 'to plain Fastify', 'thousand requests per second and core'],
    rows: guards.map((contestant) => [NAMES[contestant], ratio(toPlain(contestant)), number(rate(contestant))]),
    bars: guards.filter((contestant) => contestant !== bareOf(contestant)).map((contestant) => ({
      label: NAMES[contestant].replaceAll(/[*`]/g, ''),
      ours: contestant.startsWith('guard'),
      ...toPlain(contestant)
    })),
    targets: [
      ...[['guard:opaque', 0.80], ['guard:jwt', 0.78]].map(([guard, goal]) => ({
        what: `requests per second and core, ${guard.split(':')[1]} token, to plain Fastify`,
        goal: `at least ${goal.toFixed(2)}`,
        measured: ratio(toPlain(guard)),
        reached: toPlain(guard).median >= goal,
        why: WHY
      })),
      ...['guard:opaque', 'guard:jwt'].map((guard) => ({
        what: `requests per second and core, ${guard.split(':')[1]} token, to @fastify/jwt with its cache`,
        goal: 'at least 1.7',
        measured: ratio(toCached(guard)),
        reached: toCached(guard).median >= 1.7,
        why: WHY
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
