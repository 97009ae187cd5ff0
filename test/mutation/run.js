// Mutation testing: `npm run test:mutation [-- guard oauth/bearer]`. Changes the code of lib in one place at a time, and runs the
// tests that reach this place. Arguments: folders or files of lib, `.` for the files that are in no folder (default: all).
// `SAMPLE=150` tries that many mutants of each folder, `SAMPLE=0` all. `JOBS=2` is the number of processes.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { findTests, ROOT } from '../runner/test-files.js'
import { createProgress } from '../runner/progress.js'

/** Percent of the mutants of a folder that the tests must notice. */
const LEAST = 92
/** A mutant is tried with tests that take so long together, the nearest ones and others: a score is rather too low. */
const BUDGET_MS = { near: 20_000, other: 20_000 }
// Documents, the stand-in, examples that use the build, and servers of their own that take long to start.
const OTHERS = /^test\/(?:architecture|docs|examples|testing)\/|\/(?:browser|cluster|sentinel)\./

const size = Number(process.env.SAMPLE ?? 150)
const jobs = Number(process.env.JOBS ?? availableParallelism())
const parts = process.argv.slice(2)

if (!existsSync(join(import.meta.dirname, 'node_modules'))) {
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: import.meta.dirname, stdio: 'inherit', shell: process.platform === 'win32' })
  if (status !== 0) process.exit(1)
}
// Need what was just installed.
const { sample, writeMutants } = await import('./mutants.js')
const { Recorder } = await import('./measure.js')
const { TestWorker, runFile } = await import('./test-worker.js')

const { mutants, state } = await writeMutants()
const getFolder = ({ fileName }) => fileName.split('/').length > 2 ? fileName.split('/')[1] : '.'
const isWanted = (mutant) => parts.length === 0 || parts.some((part) => part === getFolder(mutant) || `lib/${part}.ts` === mutant.fileName)
const folders = [...new Set(mutants.filter(isWanted).map(getFolder))].map((folder) => {
  const all = mutants.filter((mutant) => getFolder(mutant) === folder && isWanted(mutant))
  return { folder, all, tried: size === 0 ? all : sample(all, size) }
})

const fixtures = readdirSync(join(ROOT, 'test/fixtures')).filter((name) => name.endsWith('.ts')).map((name) => readFileSync(join(ROOT, 'test/fixtures', name), 'utf8'))
const testState = createHash('sha256').update(state + fixtures.join('')).digest('hex')
const isStatic = new Set()
/** Tests, and files that run in a process of their own. */
let units = await findUnits()
/** How many mutants of a file of lib a test has noticed: the best test comes first. */
const kills = new Map()

const table = []
const workers = Array.from({ length: jobs }, () => new TestWorker())
for (const { folder, all, tried } of folders) {
  const results = await inParallel(`lib/${folder}`, tried, async (mutant, slot) => await tryMutant(mutant, workers[slot]))
  const count = (outcome) => results.filter((result) => result === outcome).length
  const noticed = count('failed') + count('timeout')
  table.push({ folder, mutants: all.length, tried: tried.length, failed: count('failed'), timeout: count('timeout'), survived: count('passed'), score: Math.round(1000 * noticed / tried.length) / 10 })
  for (const [index, mutant] of tried.entries()) if (results[index] === 'passed') console.log(describe(mutant))
}
for (const worker of workers) worker.stop()
console.table(table)
// A process that is ended at a failure leaves tap's fixtures.
for (const name of readdirSync(join(ROOT, '.tap/fixtures'))) if (name.startsWith('test-mutation-')) rmSync(join(ROOT, '.tap/fixtures', name), { recursive: true })
process.exitCode = table.every(({ score }) => score >= LEAST) ? 0 : 1

async function findUnits () {
  const recorders = Array.from({ length: jobs }, () => new Recorder())
  const measured = await inParallel('tests without a mutant', findTests().filter(({ name }) => !OTHERS.test(name)), async (file, slot) => await recorders[slot].measure(file, testState))
  for (const recorder of recorders) recorder.end()
  for (const id of measured.flatMap((result) => result.static)) isStatic.add(id)
  const all = measured.flatMap((result) => result.units)
  for (const { name, index, passed } of all) if (!passed) warnAboutTest(name, index)
  const fileNames = new Map(mutants.map(({ id, fileName }) => [id, fileName]))
  return all.filter(({ passed }) => passed).map((unit) => ({ ...unit, reached: new Set(unit.reached), files: new Set(unit.reached.map((id) => fileNames.get(id))) }))
}

function warnAboutTest (name, index) {
  console.error(`Not used, because it fails without a mutant: ${name}${index === undefined ? '' : `, test ${index + 1}`}`)
}

/** Runs the tests that reach a mutant, until one notices it. */
async function tryMutant (mutant, worker) {
  // Code that runs when a module is loaded needs a process in which the mutant is active from the start.
  const early = isStatic.has(mutant.id) ? new TestWorker({ __STRYKER_ACTIVE_MUTANT__: mutant.id }) : undefined
  try {
    for (const unit of listCandidates(mutant)) {
      const run = async () => unit.index === undefined
        ? await runFile(unit, { __STRYKER_ACTIVE_MUTANT__: mutant.id })
        : (await (early ?? worker).run(unit, mutant.id)).outcome
      let outcome = await run()
      if (outcome === 'passed' || !await passesWithoutMutant(unit, worker)) continue
      // It may have failed for another reason, such as a busy machine. A time limit leaves much room for that.
      if (outcome === 'failed') outcome = await run()
      if (outcome === 'passed') continue
      const key = getKey(mutant, unit)
      kills.set(key, (kills.get(key) ?? 0) + 1)
      return outcome
    }
    return 'passed'
  } finally {
    early?.stop()
  }
}

/** Drops a test that fails without a mutant, as one may that measures time on a busy machine. */
async function passesWithoutMutant (unit, worker) {
  const run = async () => unit.index === undefined ? await runFile(unit, {}) : (await worker.run(unit)).outcome
  if (await run() === 'passed') return true
  // A mutant can leave something behind.
  worker.stop()
  if (await run() === 'passed') return true
  warnAboutTest(unit.name, unit.index)
  units = units.filter((other) => other !== unit)
  return false
}

function getKey ({ fileName }, { name, index }) {
  return `${fileName} ${name} ${index}`
}

/** Lists the tests to try on a mutant: those of its folder, and after them some of each other file. */
function listCandidates (mutant) {
  const { id, fileName } = mutant
  // The files in no folder of lib are tested in test/plugin.
  const folder = getFolder(mutant) === '.' ? 'plugin' : getFolder(mutant)
  const mirrors = ({ name }) => name.replace(/^test/, 'lib').replace(/(\.[^/]*)?\.test\.ts$/, '.ts') === fileName
  const seen = new Map()
  const budget = { ...BUDGET_MS }
  return units.filter(({ reached, files }) => reached.has(id) || (isStatic.has(id) && files.has(fileName)))
    .sort((one, other) => one.duration - other.duration)
    .map((unit) => {
      const count = kills.get(getKey(mutant, unit)) ?? 0
      const isNear = count > 0 || unit.name.startsWith(`test/${folder}/`) || mirrors(unit)
      seen.set(unit.name, (seen.get(unit.name) ?? 0) + 1)
      return { unit, isNear, rank: isNear ? [0, -count, mirrors(unit) ? 0 : 1] : [1, seen.get(unit.name), 0] }
    })
    .sort((one, other) => one.rank.map((value, index) => value - other.rank[index]).find((difference) => difference !== 0) ?? 0)
    .filter(({ unit, isNear }) => (budget[isNear ? 'near' : 'other'] -= unit.duration) >= 0)
    .map(({ unit }) => unit)
}

function describe ({ fileName, location: { start }, mutatorName, original, replacement }) {
  const short = (code) => code.replace(/\s+/g, ' ').slice(0, 160)
  return `${fileName}:${start.line + 1}:${start.column + 1} ${mutatorName}\n  - ${short(original)}\n  + ${short(replacement)}`
}

/** Runs a function for each item, `jobs` at the same time. It receives the item, and which of them it is. */
async function inParallel (label, items, work) {
  const progress = createProgress(label)
  const results = []
  const queue = [...items.entries()]
  const size = queue.length
  await Promise.all(Array.from({ length: jobs }, async (_, slot) => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      results[next[0]] = await work(next[1], slot)
      progress.update((size - queue.length) / size, `${size - queue.length} of ${size}`)
    }
  }))
  progress.end()
  return results
}
