import { CACHED_JWT, NAMES, PEERS, bareOf } from './contestants/names.js'
import { inRounds, median, ratios, spread } from './parts/statistics.js'
import { number, ratio } from './table.js'

/** Milliseconds of CPU until the optimising compiler has seen everything. */
const WARM_UP = 500

/** What does a guard add to a request on a hit? Without sockets, which would drown it. */
export async function hitInProcess ({ contenders: { processes, contestants }, rounds, slice }) {
  const counts = new Map()
  for (const contestant of contestants) {
    await processes.get(contestant).ask('calibrate', WARM_UP)
    counts.set(contestant, await processes.get(contestant).ask('calibrate', slice))
  }
  const spin = async (contestant) => {
    await processes.get(contestant).ask('touch')
    return await processes.get(contestant).ask('spin', counts.get(contestant))
  }
  const guards = contestants.filter((contestant) => contestant !== bareOf(contestant))
  // Each beside its own bare framework, so that both meet the same moment of the machine.
  const measured = await inRounds(rounds, guards, async (contestant) => {
    const bare = await spin(bareOf(contestant))
    const whole = await spin(contestant)
    return { bare, added: whole - bare }
  })
  const added = (contestant) => measured.get(contestant).map(({ added }) => added)
  const bare = spread(guards.filter((contestant) => !contestant.startsWith('express')).flatMap((contestant) => measured.get(contestant).map(({ bare }) => bare)))
  const toCached = (contestant) => spread(ratios(added(contestant), added(CACHED_JWT)))
  const fastestPeer = Math.min(...PEERS.filter((peer) => processes.has(peer)).map((peer) => median(added(peer))))

  return {
    title: 'What a guard adds to a request on a hit, in process',
    text: `CPU time a request, less that of the bare framework measured right before it (plain Fastify: ${number(bare)} us). No sockets: requests and responses are light objects.`,
    head: ['contestant', 'added, us of CPU', 'to @fastify/jwt with its cache'],
    rows: guards.map((contestant) => [NAMES[contestant], number(spread(added(contestant))), ratio(toCached(contestant))]),
    targets: [
      ...['guard:opaque', 'guard:jwt'].map((guard) => ({
        what: `added on a hit, ${guard.split(':')[1]} token, to what @fastify/jwt with its cache adds`,
        goal: 'below 0.50',
        measured: ratio(toCached(guard)),
        reached: toCached(guard).median < 0.5
      })),
      {
        what: 'added on a hit, ahead of every other peer',
        goal: 'less than the least of them',
        measured: `${number(spread(added('guard:jwt')))} us (JWT) against ${fastestPeer.toFixed(2)} us`,
        reached: median(added('guard:jwt')) < fastestPeer && median(added('guard:opaque')) < fastestPeer
      }
    ]
  }
}
