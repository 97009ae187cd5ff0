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
/** A mutant is tried with the nearest tests only, and with none that take long: a score is never too good. */
const NEAREST = 40
const LONGEST_MS = 30_000
/** The tests of each of so many mutants first run without it, beside each other. One that fails then is not used. */
const CONTROL_INTERVAL = 10
// Documents, the stand-in, examples that use the build, and servers of their own that take long to start.
const OTHERS = /^test\/(?:architecture|docs|examples|testing)\/|\/(?:browser|cluster|sentinel)\./

const size = Number(process.env.SAMPLE ?? 150)
const jobs = Number(process.env.JOBS ?? availableParallelism())
const parts = process.argv.slice(2)

if (!existsSync(join(import.meta.dirname, 'node_modules'))) {
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: import.meta.dirname, stdio: 'inherit', shell: process.platform === 'win32' })
  if (status !== 0) process.exit(1)
}
// Needs what was just installed.
const { sample, writeMutants } = await import('./mutants.js')
const { measure, runTests } = await import('./tests.js')

const { mutants, state } = await writeMutants()
const folderOf = ({ fileName }) => fileName.split('/').length > 2 ? fileName.split('/')[1] : '.'
const isWanted = (mutant) => parts.length === 0 || parts.some((part) => part === folderOf(mutant) || `lib/${part}.ts` === mutant.fileName)
const folders = [...new Set(mutants.filter(isWanted).map(folderOf))].map((folder) => {
  const all = mutants.filter((mutant) => folderOf(mutant) === folder && isWanted(mutant))
  return { folder, all, tried: size === 0 ? all : sample(all, size) }
})

const fixtures = readdirSync(join(ROOT, 'test/fixtures')).filter((name) => name.endsWith('.ts')).map((name) => readFileSync(join(ROOT, 'test/fixtures', name), 'utf8'))
const testState = createHash('sha256').update(state + fixtures.join('')).digest('hex')
let tests = await findUsableTests()
/** How many mutants of a file of lib a test has noticed: the best test comes first. */
const kills = new Map()

const table = []
for (const { folder, all, tried } of folders) {
  await inParallel(`lib/${folder} without a mutant`, tried.filter((_, index) => index % CONTROL_INTERVAL === 0), dropUnreliableTests)
  const results = await inParallel(`lib/${folder}`, tried, async (mutant) => (await tryMutant(mutant, mutant.id)).outcome)
  const count = (outcome) => results.filter((result) => result === outcome).length
  const noticed = count('failed') + count('timeout')
  table.push({ folder, mutants: all.length, tried: tried.length, failed: count('failed'), timeout: count('timeout'), survived: count('passed'), score: Math.round(1000 * noticed / tried.length) / 10 })
  for (const [index, mutant] of tried.entries()) if (results[index] === 'passed') console.log(describe(mutant))
}
console.table(table)
// A process that is ended at a failure leaves tap's fixtures.
for (const name of readdirSync(join(ROOT, '.tap/fixtures'))) if (name.startsWith('test-mutation-')) rmSync(join(ROOT, '.tap/fixtures', name), { recursive: true })
process.exitCode = table.every(({ score }) => score >= LEAST) ? 0 : 1

async function findUsableTests () {
  const found = findTests().filter(({ name }) => !OTHERS.test(name))
  const results = await inParallel('tests without a mutant', found, async ({ name }) => await measure(name, testState))
  for (const { name, passed } of results) if (!passed) console.error(`Not used, because it fails without a mutant: ${name}`)
  return found
    .map((test, index) => ({ ...test, ...results[index], limit: 10_000 + 3 * results[index].duration, reached: new Set(results[index].reached) }))
    .filter(({ passed, duration }) => passed && duration <= LONGEST_MS)
}

/** Gives a test a process of its own if it fails beside others. Drops it if it fails there too, as a test may that measures time on a busy machine. */
async function dropUnreliableTests (mutant) {
  for (;;) {
    const { outcome, last, isAlone } = await tryMutant(mutant, 'none')
    if (outcome === 'passed') return
    console.error(`${isAlone ? 'Not used' : 'Run in a process of its own'}, because it fails without a mutant: ${last}`)
    if (isAlone) tests = tests.filter(({ name }) => name !== last)
    else tests = tests.map((test) => test.name === last ? { ...test, runsAlone: true } : test)
  }
}

async function tryMutant (mutant, activeId) {
  const chosen = getNearest(mutant)
  const together = chosen.filter(({ runsAlone }) => !runsAlone)
  const processes = [together, ...chosen.filter(({ runsAlone }) => runsAlone).map((test) => [test])].filter((files) => files.length > 0)
  for (const files of processes) {
    const result = await runTests(files, { __STRYKER_ACTIVE_MUTANT__: activeId })
    if (result.outcome === 'passed') continue
    if (result.outcome === 'timeout' && files.length > 1) {
      // Alone, it passes if others or a busy machine were the reason.
      const index = files.findIndex(({ name }) => name === result.last)
      processes.push([files[index]], ...index + 1 < files.length ? [files.slice(index + 1)] : [])
      continue
    }
    const key = `${mutant.fileName} ${result.last}`
    if (activeId !== 'none') kills.set(key, (kills.get(key) ?? 0) + 1)
    return { ...result, isAlone: files.length === 1 }
  }
  return { outcome: 'passed' }
}

function getNearest ({ id, fileName }) {
  const [, folder] = fileName.split('/')
  const rank = ({ name, duration }) => [
    -(kills.get(`${fileName} ${name}`) ?? 0),
    name.replace(/^test/, 'lib').replace(/(\.[^/]*)?\.test\.ts$/, '.ts') === fileName ? 0 : 1,
    name.startsWith(`test/${folder}/`) ? 0 : 1,
    duration
  ]
  const isBefore = (a, b) => a.map((value, index) => value - b[index]).find((difference) => difference !== 0) ?? 0
  return tests.filter(({ reached }) => reached.has(id)).map((test) => ({ test, rank: rank(test) })).sort((a, b) => isBefore(a.rank, b.rank)).slice(0, NEAREST).map(({ test }) => test)
}

function describe ({ fileName, location: { start }, mutatorName, original, replacement }) {
  const short = (code) => code.replace(/\s+/g, ' ').slice(0, 160)
  return `${fileName}:${start.line + 1}:${start.column + 1} ${mutatorName}\n  - ${short(original)}\n  + ${short(replacement)}`
}

/** Runs a function for each item, `jobs` at the same time. */
async function inParallel (label, items, work) {
  const progress = createProgress(label)
  const results = []
  const queue = [...items.entries()]
  const size = queue.length
  await Promise.all(Array.from({ length: jobs }, async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      results[next[0]] = await work(next[1])
      progress.update((size - queue.length) / size, `${size - queue.length} of ${size}`)
    }
  }))
  progress.end()
  return results
}
