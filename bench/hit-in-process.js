import { CACHED_JWT, NAMES, PEERS, WITH_METRICS, getBareFramework } from './contestants/names.js'
import { measureInRounds, getMedian, divideEach, getSpread } from './parts/statistics.js'
import { startContestant } from './parts/contestant-processes.js'
import { formatSpread, formatRatio } from './table.js'

/** Milliseconds of CPU until the compiler has optimised everything. */
const WARM_UP = 500

/**
 * Measures what a guard adds to a request on a hit, without sockets, which cost much more. As over sockets, each round starts every
 * contestant in a new process, and of a process the slice at the 10th percentile counts.
 */
export async function measureHitInProcess ({ started: { contestants }, authority, rounds, slices, slice, progress }) {
  const measured = await measureInRounds(rounds, contestants, async (contestant, round, i) => {
    progress(0.9 * (round + i / contestants.length) / rounds)
    return await measureProcess(contestant, authority, slices, slice)
  })
  const metrics = measured.has(WITH_METRICS) && getSpread(await measureMetrics(rounds, authority, slices, slice, (share) => progress(0.9 + 0.1 * share)))
  const guards = contestants.filter((contestant) => contestant !== getBareFramework(contestant))
  const added = (contestant) => measured.get(contestant).map((microseconds, round) => microseconds - measured.get(getBareFramework(contestant))[round])
  const bare = getSpread(contestants.filter((contestant) => contestant.startsWith('plain:')).flatMap((contestant) => measured.get(contestant)))
  const toCached = (contestant) => getSpread(divideEach(added(contestant), added(CACHED_JWT)))
  const fastestPeer = Math.min(...PEERS.filter((peer) => measured.has(peer)).map((peer) => getMedian(added(peer))))

  return {
    title: 'What a guard adds to a request on a hit, in process',
    text: `CPU time a request, less that of the bare framework (plain Fastify: ${formatSpread(bare)} us). No sockets: requests and responses are light objects. ${authority.tokens.jwt.length.toLocaleString('en')} tokens in turn. ${rounds} new processes for each contestant: the median of them, with the least and the most. Of the ${slices} slices of a process, the one at the 10th percentile counts.`,
    head: ['contestant', 'added, us of CPU', 'to @fastify/jwt with its cache'],
    rows: guards.map((contestant) => [NAMES[contestant], formatSpread(getSpread(added(contestant))), formatRatio(toCached(contestant))]),
    targets: [
      ...['guard:opaque', 'guard:jwt'].map((guard) => ({
        what: `added on a hit, ${guard.split(':')[1]} token, to what @fastify/jwt with its cache adds`,
        goal: 'below 0.50',
        measured: formatRatio(toCached(guard)),
        reached: toCached(guard).median < 0.5
      })),
      {
        what: 'added on a hit, ahead of every other peer',
        goal: 'less than the least of them',
        measured: `${formatSpread(getSpread(added('guard:jwt')))} us (JWT) against ${fastestPeer.toFixed(2)} us`,
        reached: getMedian(added('guard:jwt')) < fastestPeer && getMedian(added('guard:opaque')) < fastestPeer
      },
      ...(metrics ? [{ what: 'added to a hit by OpenTelemetry metrics, on and off by turns in one process', goal: 'below 1 us', measured: `${formatSpread(metrics)} us`, reached: metrics.median < 1 }] : [])
    ]
  }
}

/**
 * Two processes of the same code differ by more than metrics cost. So each process has them on and off by turns.
 *
 * @returns microseconds of CPU that metrics add to a request, the median of each process
 */
async function measureMetrics (rounds, authority, slices, slice, progress) {
  const added = []
  for (let round = 0; round < rounds; round++) {
    progress(round / rounds)
    const process = await startContestant(WITH_METRICS, authority)
    await process.ask('calibrate', WARM_UP)
    const count = await process.ask('calibrate', slice)
    const spin = async (areOn) => {
      await process.ask('metrics', areOn)
      await process.ask('touch')
      return await process.ask('spin', count)
    }
    const differences = []
    for (let i = 0; i < slices; i++) {
      // Each comes first in half of the pairs.
      const [first, second] = [await spin(i % 2 === 0), await spin(i % 2 === 1)]
      differences.push(i % 2 === 0 ? first - second : second - first)
    }
    await process.stop()
    added.push(getMedian(differences))
  }
  return added
}

/** @returns microseconds of CPU a request, in a new process */
async function measureProcess (contestant, authority, slices, slice) {
  const process = await startContestant(contestant, authority)
  await process.ask('calibrate', WARM_UP)
  const count = await process.ask('calibrate', slice)
  const costs = []
  for (let i = 0; i < slices; i++) {
    await process.ask('touch')
    costs.push(await process.ask('spin', count))
  }
  await process.stop()
  return costs.sort((a, b) => a - b)[Math.floor(slices / 10)]
}
