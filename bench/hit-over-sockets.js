import autocannon from 'autocannon'
import { NAMES, PEERS, bareOf } from './contestants/names.js'
import { PATH } from './contestants/route.js'
import { startContender } from './parts/contenders.js'
import { ratios, spread } from './parts/statistics.js'
import { number, ratio } from './table.js'

const CONNECTIONS = 16
/** Seconds of load before anything is measured: an engine is not done with a server in a few thousand requests. */
const WARM_UP = 1

/**
 * How many requests does a core serve, over real sockets? By the server's own CPU time, whatever else the machine does.
 * Two processes of the same code differ by up to 2 us a request, because the engine compiles them differently: so each
 * round starts every contestant in a new process.
 */
export async function hitOverSockets ({ contenders: { contestants }, authority, socketRounds, seconds, progress }) {
  const guards = contestants.filter((contestant) => contestant !== bareOf(contestant))
  const measured = new Map(guards.map((contestant) => [contestant, []]))
  for (let round = 0; round < socketRounds; round++) {
    const bare = new Map()
    for (const contestant of new Set(guards.map(bareOf))) bare.set(contestant, await startLoaded(contestant, authority))
    for (let i = 0; i < guards.length; i++) {
      const contestant = guards[(i + round) % guards.length]
      progress((round + i / guards.length) / socketRounds)
      const server = await startLoaded(contestant, authority)
      // Each right after its bare framework, so that both meet the same moment of the machine.
      const plain = await bare.get(bareOf(contestant)).load(seconds)
      measured.get(contestant).push({ plain, whole: await server.load(seconds) })
      await server.stop()
    }
    for (const server of bare.values()) await server.stop()
  }
  // Requests a second and core are the inverse of CPU seconds a request.
  const shares = (contestant) => measured.get(contestant).map(({ plain, whole }) => plain / whole)
  const toPlain = (contestant) => spread(shares(contestant))
  const toEmpty = (contestant) => spread(ratios(shares(contestant), shares(`empty:${contestant.split(':')[1]}`)))
  const bestPeer = Math.max(...PEERS.filter((peer) => measured.has(peer)).map((peer) => toPlain(peer).median))
  const rate = (contestant) => spread(measured.get(contestant).map(({ whole }) => 1000 / whole))

  return {
    title: 'Requests per second and core on a hit, over real sockets',
    text: `autocannon, ${CONNECTIONS} connections, from another process, ${authority.tokens.jwt.length.toLocaleString('en')} tokens; CPU time of the server's process. 1 is its plain framework, sent the same header and measured right before. ${socketRounds} new processes for each contestant: the median of them, with the least and the most.`,
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
        reached: toPlain(guard).median >= 0.85
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

/** A contestant in a new process that listens and is warm. `load` resolves with its microseconds of CPU a request. */
async function startLoaded (contestant, authority) {
  const server = await startContender(contestant, authority)
  const port = await server.ask('listen')
  const tokens = authority.tokens[contestant.split(':')[1]]
  const requests = tokens.map((token) => ({ method: 'GET', path: PATH, headers: { authorization: `Bearer ${token}` } }))
  const load = async (duration) => {
    await server.ask('touch')
    const before = await server.ask('cpu')
    const result = await autocannon({ url: `http://127.0.0.1:${port}`, connections: CONNECTIONS, duration, requests })
    const spent = await server.ask('cpu') - before
    if (result.non2xx > 0 || result.errors > 0) throw new Error(`${contestant}: ${result.non2xx} refused, ${result.errors} failed`)
    return spent / result['2xx']
  }
  await load(WARM_UP)
  return { load, stop: server.stop }
}
