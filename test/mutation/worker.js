// Runs single tests in this process, one mutant after the other, because loading the modules takes longer than most tests.
// The argument differs in each process: it is part of the paths of tap's fixtures.
import t from 'tap'

const stryker = globalThis.__stryker__ ??= {}
const initialMutant = process.env.__STRYKER_ACTIVE_MUTANT__
// Without a test that goes on, tap would end between two tests.
const parent = await new Promise((resolve) => {
  t.test('tests', async (t) => {
    resolve(t)
    await new Promise(() => {})
  })
})
const filesByUrl = new Map()
let loading
// A test is kept when its file is loaded, and run when the parent asks for it.
t.test = async (...test) => { loading.push(test) }

async function load (url) {
  if (filesByUrl.has(url)) return filesByUrl.get(url)
  const file = { tests: [], reached: [] }
  filesByUrl.set(url, file)
  loading = file.tests
  // What earlier tests left behind, such as a timer, reaches mutants outside of tests too.
  const before = new Set(getReached())
  await import(url)
  file.reached = getReached().filter((id) => !before.has(id))
  return file
}

/** @param testId undefined for what is reached outside of tests */
function getReached (testId) {
  const { static: outside, perTest } = stryker.mutantCoverage ?? { static: {}, perTest: {} }
  return Object.keys((testId === undefined ? outside : perTest[testId]) ?? {})
}

async function run ({ url, index, mutant }) {
  const { tests, reached } = await load(url)
  if (index === undefined) return { count: tests.length, reached }
  const testId = `${url} ${index}`
  const start = performance.now()
  activate(mutant)
  stryker.currentTestId = testId
  const passed = await runToEnd(...tests[index])
  stryker.currentTestId = undefined
  activate(initialMutant)
  return { passed, duration: Math.round(performance.now() - start), reached: getReached(testId) }
}

/** Resolves with false too if the test was not run, for example because tap has ended after an exception outside of a test. */
async function runToEnd (...test) {
  const work = test.pop()
  let hasRun = false
  const result = await parent.test(...test, async (subtest) => {
    hasRun = true
    await work(subtest)
  }).catch(() => ({ ok: false }))
  return hasRun ? result.ok : test.some(({ skip }) => skip !== undefined)
}

/** The variable is for the processes that a test starts. */
function activate (mutant) {
  stryker.activeMutant = mutant
  if (mutant === undefined) delete process.env.__STRYKER_ACTIVE_MUTANT__
  else process.env.__STRYKER_ACTIVE_MUTANT__ = mutant
}

process.on('message', async (message) => {
  // tap sends messages too.
  if (message.url === undefined) return
  const reply = await run(message).catch(() => ({ passed: false }))
  process.send({ reply })
})
process.on('disconnect', () => process.exit())
// tap lets the channel keep no process alive.
setInterval(() => {}, 60_000)
