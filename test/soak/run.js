// The built plugin in two processes that share a Redis, under load, with faults of ZITADEL and of Redis: `npm run test:soak [-- --seconds 20]`.
// The exit code is 0 if there was no wrong response, no unhandled rejection and no growth.
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { disturbRedis, injectFaults, rotateKeys } from './faults.js'
import { findGrowth } from './growth.js'
import { createProgress } from '../runner/progress.js'
import { load } from './load.js'
import { Spans } from './oracle.js'
import { Child } from './process.js'
import { RedisLink, RedisServer } from './redis.js'
import { PROCESSES, RECOVERY, STALL } from './settings.js'
import { TokenPool } from './token-pool.js'

const { values } = parseArgs({ options: { seconds: { type: 'string' }, seed: { type: 'string' } } })
const seconds = Number(values.seconds ?? process.env.SOAK_SECONDS ?? 600)
const seed = Number(values.seed ?? Date.now() % 2 ** 31)
const random = generator(seed)
console.log(`${seconds} s on Node.js ${process.version}, seed ${seed}`)

const complaints = []
const standIn = new Child('stand-in.js')
const redis = new RedisServer()
await redis.start()
const links = Array.from({ length: PROCESSES }, () => new RedisLink())
for (const link of links) await link.start(redis)
const apis = links.map((_, index) => new Child('api.js', (event) => {
  if (event.exit !== 0) complaints.push({ api: index, ...event })
}))
const directory = await mkdtemp(join(tmpdir(), 'soak-'))
const keyFile = join(directory, 'key.json')
const issuer = await standIn.call('start', keyFile)
const [sharedKey, signingKey] = [randomBytes(32).toString('base64url'), randomBytes(32).toString('base64url')]
const origins = await Promise.all(apis.map(async (api, index) => await api.call('start', { issuer, keyFile, redisPort: links[index].port, sharedKey, signingKey })))
const tokenPool = new TokenPool(standIn, apis, origins, signingKey, random)
await tokenPool.fill()

const spans = { faults: new Spans(), rejections: new Spans(), troubles: new Spans(), stalls: new Spans() }
const samples = apis.map(() => [])
const counts = { faults: {}, rotations: {}, troubles: {} }
const start = Date.now()
const until = start + seconds * 1000

const progress = createProgress('soak')
const [{ counts: answers, calm, violations }] = await Promise.all([
  load(origins, tokenPool, spans, random, until),
  injectFaults(standIn, spans.faults, random, until, counts.faults),
  rotateKeys(standIn, apis, keyFile, spans.rejections, random, until, counts.rotations),
  disturbRedis(redis, links, spans.troubles, random, until, counts.troubles),
  repeat(async () => await tokenPool.turn(), 150),
  ...[standIn, ...apis].map(async (child) => await repeat(async () => await watch(child), 50)),
  repeat(async () => progress.update((Date.now() - start) / (seconds * 1000)), 500),
  repeat(async () => {
    for (const [index, api] of apis.entries()) {
      const sample = await api.call('sample')
      // The first tenth is left out: code is compiled, connections are opened and caches are filled.
      if (Date.now() - start > seconds * 100) samples[index].push(sample)
    }
  }, Math.min(2000, seconds * 20))
])
progress.end()

// After the last fault, the check must succeed.
await sleep(RECOVERY)
const lines = []
for (const [index, api] of apis.entries()) {
  const check = await api.call('check')
  if (!check.ok) complaints.push({ api: index, check })
  lines.push(await api.call('lines'))
  await api.call('close')
  api.disconnect()
  const end = await Promise.race([api.exited, sleep(20_000)])
  if (end === undefined) {
    complaints.push({ api: index, what: 'the process did not end after close()' })
    api.kill()
  }
}
await standIn.call('close')
standIn.disconnect()
for (const link of links) link.close()
await redis.kill()
await rm(directory, { recursive: true })

console.log(`\nA process did not answer within ${STALL} ms for ${spans.stalls.seconds.toFixed(1)} s in all.`)
console.log(`While ZITADEL had no fault and no 503 was allowed: ${calm.otherwise} responses, and ${calm.duringTrouble} more during or after a fault of Redis.`)
console.log('answers    ', answers, '\nfaults     ', counts.faults, '\nRedis      ', counts.troubles, '\nrotations  ', counts.rotations, '\ntokens     ', tokenPool.events, '\nlog lines  ', lines)
const grown = samples.flatMap((each, index) => findGrowth(each).map((row) => ({ api: index, ...row })))
console.table(grown)
const kinds = {}
for (const violation of violations) (kinds[violation.why] ??= []).push(violation)
for (const [why, of] of Object.entries(kinds)) {
  const nearby = ({ from, to }) => Object.values(spans).flatMap((each) => each.list(from - 30_000, to))
  console.log(`WRONG, ${of.length} times: ${why}`, [of[0], of[Math.floor(of.length / 2)], of.at(-1)].map((violation) => ({ ...violation, nearby: nearby(violation) })))
}
for (const complaint of complaints) console.log('WRONG:', complaint)
for (const { what, isGrowing } of grown) if (isGrowing) console.log(`WRONG: ${what} grow`)
const isRight = violations.length === 0 && complaints.length === 0 && !grown.some(({ isGrowing }) => isGrowing)
console.log(isRight ? 'No wrong response, no unhandled rejection, no growth.' : 'Failed.')
process.exitCode = isRight ? 0 : 1

/** Records the times in which a process, or this one, gets no CPU. */
async function watch (child) {
  const from = Date.now()
  await child.call('echo')
  const to = Date.now()
  if (to - from > STALL) spans.stalls.add('stall', from, to)
}

async function repeat (work, milliseconds) {
  while (Date.now() < until) {
    await sleep(milliseconds)
    await work()
  }
}

/** The same numbers for the same seed (mulberry32). */
function generator (state) {
  return () => {
    state = (state + 0x6D2B79F5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
