import { fork } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { COMPILED, ROOT } from './test-files.js'

/** Milliseconds without output after which a process is killed. */
const MAX_SILENCE_MS = 120_000
/** Lines of TAP that say that something has passed, and comments. */
const PASSED = /^\s*(?:ok \d|\d+\.\.\d|#|TAP version|\}?$)/
const WORKER = join(import.meta.dirname, 'worker.js')
/** Tests create much that lives for a short time: with a larger nursery (megabytes), they need a tenth less of the CPU. */
export const NURSERY = ['--min-semi-space-size=16', '--max-semi-space-size=64']
/** Of options of Fastify 5 that Fastify 6 does not have: the guard works with both. Of apps without a logger that tests set up wrongly. */
const EXPECTED_WARNINGS = ['FSTDEP022', 'FST_ZITADEL_WARNING']
const EXEC_ARGV = [...NURSERY, ...EXPECTED_WARNINGS.map((code) => `--disable-warning=${code}`)]

/** A line of TAP with an assertion that has passed. The line of a subtest ends with its time. */
const ASSERTION = /^\s*ok \d(?!.*# time=)/

/**
 * Runs tests in processes. To start one and to load Fastify and tap costs more than the tests of most files, so processes
 * take the next file when they have finished one, and only a file that must run alone has its own.
 *
 * @param {import('./test-files.js').TestFile[]} tests those that take longest first
 * @param {object} options
 * @param {number} options.jobs how many processes run at the same time, beside one for the files that run alone
 * @param {boolean} options.bail whether to start no file after a failure
 * @param {NodeJS.ProcessEnv} options.env variables of the processes
 * @param {(done: number, name: string) => void} options.onFile called when a file is begun
 * @param {(line: string) => void} options.onLine called for each line of output that is more than "passed"
 * @returns {Promise<{ passed: boolean, assertions: number }>} whether all have passed, and how many assertions of them
 */
export async function runTests (tests, { jobs, bail, env, onFile, onLine }) {
  const queue = tests.filter(({ runsAlone }) => !runsAlone)
  const alone = tests.filter(({ runsAlone }) => runsAlone)
  const state = { done: 0, failed: false, assertions: 0 }
  const run = async (label, take) => {
    const isStopped = () => bail && state.failed
    const next = () => {
      const test = isStopped() ? undefined : take()
      if (test !== undefined) onFile(state.done++, test.name)
      return test
    }
    if (!await runProcess(label, next, env, onLine, () => { state.assertions++ })) state.failed = true
  }
  await Promise.all([
    runAlone(),
    ...Array.from({ length: Math.min(jobs, queue.length) }, async (_, index) => await run(`worker-${index + 1}`, () => queue.shift()))
  ])
  return { passed: !state.failed && state.done === tests.length, assertions: state.assertions }

  async function runAlone () {
    for (const test of alone) {
      const files = [test]
      await run(test.name.slice('test/'.length, -'.test.ts'.length).replaceAll('/', '-'), () => files.shift())
    }
  }
}

/** Resolves with true if the process has ended after its last file, and all of its tests have passed. */
async function runProcess (label, next, env, onLine, onAssertion) {
  // tap names the directories of tests after the arguments.
  const child = fork(WORKER, [label], { execArgv: EXEC_ARGV, cwd: ROOT, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
  let file = label
  let heading
  let isComplete = false
  let title = ''
  const write = (line) => {
    if (heading !== file) onLine(`\n${heading = file}`)
    onLine(line)
  }
  const timer = setTimeout(() => {
    write(`no output for ${MAX_SILENCE_MS / 1000} seconds in: ${title}`)
    child.kill('SIGKILL')
  }, MAX_SILENCE_MS)
  child.on('message', (message) => {
    // tap sends messages too.
    if (message !== 'next') return
    const test = next()
    if (test !== undefined) file = test.name
    else isComplete = true
    child.send(test === undefined ? null : join(ROOT, COMPILED, test.name.replace(/ts$/, 'js')))
  })
  const isDetail = createDetailFinder()
  for await (const line of createInterface({ input: child.stdout })) {
    timer.refresh()
    if (isDetail(line)) continue
    title = /# Subtest: (.*)/.exec(line)?.[1] ?? title
    if (ASSERTION.test(line)) onAssertion()
    else if (!PASSED.test(line)) write(line)
  }
  const code = child.exitCode ?? child.signalCode ?? await new Promise((resolve) => child.once('exit', (code, signal) => resolve(code ?? signal)))
  clearTimeout(timer)
  if (code !== 0 || !isComplete) write(`the process ended with ${code}`)
  return code === 0 && isComplete
}

/** Finds the lines of a block of YAML after an assertion that has passed. After a failure, tap writes them for all later ones. */
function createDetailFinder () {
  let [isAfterPassed, isInside] = [false, false]
  return (line) => {
    if (isInside) {
      isInside = !/^\s*\.\.\.$/.test(line)
      return true
    }
    isInside = isAfterPassed && /^\s*---$/.test(line)
    isAfterPassed = /^\s*ok \d/.test(line)
    return isInside
  }
}
