// The built plugin under load for as long as you like, with faults that come and go: `npm run test:soak [-- --seconds 20]`.
// No wrong verdict, no rejection that nobody handles, nothing that grows; the exit code says so.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { breakThings, rotateKeys } from './faults.js'
import { growth } from './growth.js'
import { createProgress } from '../runner/progress.js'
import { load } from './load.js'
import { Spans } from './oracle.js'
import { Child } from './process.js'
import { RECOVERY } from './settings.js'
import { World } from './world.js'

const { values } = parseArgs({ options: { seconds: { type: 'string' }, seed: { type: 'string' } } })
const seconds = Number(values.seconds ?? process.env.SOAK_SECONDS ?? 600)
const seed = Number(values.seed ?? Date.now() % 2 ** 31)
const random = generator(seed)
console.log(`${seconds} s on Node.js ${process.version}, seed ${seed}`)

const complaints = []
const standIn = new Child('stand-in.js')
const api = new Child('api.js', (event) => {
  if (event.exit === undefined) complaints.push(event)
  else if (event.exit !== 0) complaints.push({ exit: event.exit })
})
const directory = await mkdtemp(join(tmpdir(), 'soak-'))
const keyFile = join(directory, 'key.json')
const issuer = await standIn.call('start', keyFile)
const origin = await api.call('start', issuer, keyFile)
const world = new World(standIn, api, random)
await world.fill()

const faults = new Spans()
const rejections = new Spans()
const samples = []
const told = { faults: {}, rotations: {} }
const start = Date.now()
const until = start + seconds * 1000

const progress = createProgress('soak')
const [{ counts, violations }] = await Promise.all([
  load(origin, world, { faults, rejections }, random, until),
  breakThings(standIn, faults, random, until, told.faults),
  rotateKeys(standIn, api, keyFile, rejections, random, until, told.rotations),
  repeat(async () => await world.turn(), 150),
  repeat(async () => progress.update((Date.now() - start) / (seconds * 1000)), 500),
  repeat(async () => {
    const sample = await api.call('sample')
    // The first tenth is for what is compiled, connected and remembered for the first time.
    if (Date.now() - start > seconds * 100) samples.push(sample)
  }, Math.min(2000, seconds * 20))
])
progress.end()

// All is well again: so it must say.
await sleep(RECOVERY)
const check = await api.call('check')
if (!check.ok) complaints.push({ check })
const lines = await api.call('lines')
await api.call('close')
api.disconnect()
const end = await Promise.race([api.exited, sleep(20_000)])
if (end === undefined) {
  complaints.push('the process did not end after close(): something keeps it alive')
  api.kill()
}
await standIn.call('close')
standIn.disconnect()
await rm(directory, { recursive: true })

console.log('\nanswers    ', counts, '\nfaults     ', told.faults, '\nrotations  ', told.rotations, '\ntokens     ', world.events, '\nlog lines  ', lines)
const grown = growth(samples)
console.table(grown)
const kinds = Object.groupBy?.(violations, ({ why }) => why) ?? { all: violations }
for (const [why, of] of Object.entries(kinds)) console.log(`WRONG, ${of.length} times: ${why}`, of.slice(0, 3))
for (const complaint of complaints) console.log('WRONG:', complaint)
for (const { what, isGrowing } of grown) if (isGrowing) console.log(`WRONG: ${what} grow`)
const isRight = violations.length === 0 && complaints.length === 0 && !grown.some(({ isGrowing }) => isGrowing)
console.log(isRight ? 'No wrong answer, no unhandled rejection, no growth.' : 'Not as it should be.')
process.exitCode = isRight ? 0 : 1

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
