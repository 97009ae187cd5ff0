import { fork, spawn } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ROOT } from '../runner/test-files.js'
import { TREE } from './mutants.js'

const WORKER = join(import.meta.dirname, 'worker.js')
const FILE_RUNNER = join(import.meta.dirname, 'run-file.js')
// tap's own limit, 30 s, holds for all tests of a process together: it would look like a failure of one of them.
const ENV = { TAP_TYPE_STRIP_ONLY: '1', TAP_TIMEOUT: '3600', FUZZ_RUNS: '100' }

let count = 0

/** @param {string} name of a test file, from the root */
const toUrl = (name) => pathToFileURL(join(ROOT, TREE, name.replace(/ts$/, 'js'))).href

/** A process that runs tests, with a mutant or without. It is started when it is needed, and again after a time limit. */
export class TestWorker {
  #env
  #child

  /** @param {Record<string, string>} env */
  constructor (env = {}) {
    this.#env = env
  }

  /**
   * Loads a test file.
   * @param {string} name from the root
   * @returns {Promise<{ count: number, reached: string[] } | undefined>} how many tests it has, and which mutants were reached
   *   when its modules were loaded, apart from those that were loaded before. Undefined if it could not be loaded
   */
  async load (name) {
    const reply = await this.#send({ url: toUrl(name) }, 60_000)
    return reply.count === undefined ? undefined : reply
  }

  /**
   * @param {{ name: string, index: number, limit: number }} test its file, its place in the file, and its time limit in milliseconds
   * @param {string} [mutant] the id
   * @returns {Promise<{ outcome: 'passed' | 'failed' | 'timeout', duration: number, reached: string[] }>}
   */
  async run ({ name, index, limit }, mutant) {
    const { isLate, passed = false, duration = limit, reached = [] } = await this.#send({ url: toUrl(name), index, mutant }, limit)
    return { outcome: isLate ? 'timeout' : passed ? 'passed' : 'failed', duration, reached }
  }

  stop () {
    if (this.#child !== undefined) killGroup(this.#child)
    this.#child = undefined
  }

  /** Resolves with the reply. After the end of the process, or the limit, that is an object without one. */
  async #send (message, limit) {
    const child = this.#child ??= startWorker(this.#env)
    return await new Promise((resolve) => {
      const end = (reply) => {
        clearTimeout(timer)
        child.off('message', onMessage).off('exit', onExit)
        if (reply.passed === undefined && reply.count === undefined) this.stop()
        resolve(reply)
      }
      // tap sends messages too.
      const onMessage = ({ reply }) => { if (reply !== undefined) end(reply) }
      const onExit = () => end({})
      const timer = setTimeout(end, limit, { isLate: true })
      child.on('message', onMessage).on('exit', onExit)
      // If it has ended already, there is no event.
      child.send(message, (error) => { if (error !== null) end({}) })
    })
  }
}

function startWorker (env) {
  // A group of processes: what a test started ends with it.
  const child = fork(WORKER, [String(++count)], { cwd: ROOT, detached: true, stdio: ['ignore', 'ignore', 'ignore', 'ipc'], env: { ...process.env, ...ENV, ...env } })
  return child.on('error', () => {})
}

/**
 * Runs a test file in a process of its own.
 * @param {{ name: string, limit: number }} file its name from the root, and its time limit in milliseconds
 * @param {Record<string, string>} env
 * @returns {Promise<'passed' | 'failed' | 'timeout'>}
 */
export async function runFile ({ name, limit }, env) {
  const child = spawn(process.execPath, [FILE_RUNNER, String(++count), toUrl(name)], { cwd: ROOT, detached: true, stdio: 'ignore', env: { ...process.env, ...ENV, ...env } })
  return await new Promise((resolve, reject) => {
    const timer = setTimeout(() => { resolve('timeout'); killGroup(child) }, limit)
    child.on('error', reject).on('exit', (code) => {
      clearTimeout(timer)
      resolve(code === 0 ? 'passed' : 'failed')
    })
  })
}

function killGroup (child) {
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    child.kill('SIGKILL')
  }
}
