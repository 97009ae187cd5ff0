import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ROOT } from '../runner/test-files.js'
import { TestWorker, runFile } from './test-worker.js'

const RECORDER = pathToFileURL(join(import.meta.dirname, 'record-coverage.js')).href
const LIMIT_MS = 60_000

/**
 * @typedef {object} Unit a test, or a whole test file that needs a process of its own
 * @property {string} name of the file, from the root
 * @property {number} [index] the place of the test in the file; undefined for a file
 * @property {boolean} passed without a mutant
 * @property {number} duration milliseconds
 * @property {number} limit milliseconds, for a run with a mutant
 * @property {string[]} reached the ids of the mutants that it reaches
 */

/** Runs tests without a mutant to see which mutants they reach. */
export class Recorder {
  // What a test reaches in the processes that it starts is written to a directory.
  #directory = mkdtempSync(join(tmpdir(), 'coverage-'))
  #env = { MUTATION_COVERAGE: this.#directory, NODE_OPTIONS: `--import=${RECORDER}` }
  #worker = new TestWorker(this.#env)

  /**
   * Measures the tests of a file. The result of an earlier run is used if nothing has changed since.
   * @param {{ name: string, runsAlone: boolean }} file
   * @param {string} state of lib and the fixtures
   * @returns {Promise<{ units: Unit[], static: string[] }>} `static` are mutants that are reached when modules are loaded
   */
  async measure ({ name, runsAlone }, state) {
    const folder = join(ROOT, 'build/mutation')
    const path = join(folder, `${name.slice('test/'.length).replaceAll('/', '-')}.json`)
    const key = createHash('sha256').update(state + readFileSync(join(ROOT, name), 'utf8')).digest('hex')
    try {
      const earlier = JSON.parse(readFileSync(path, 'utf8'))
      if (earlier.key === key) return earlier.result
    } catch {}
    const result = runsAlone ? { units: [await this.#measureFile(name)], static: [] } : await this.#measureTests(name)
    mkdirSync(folder, { recursive: true })
    if (result.units.every(({ passed }) => passed)) writeFileSync(path, JSON.stringify({ key, result }))
    return result
  }

  end () {
    this.#worker.stop()
    rmSync(this.#directory, { recursive: true, force: true })
  }

  async #measureTests (name) {
    const units = []
    const { count = 0, reached = [] } = await this.#worker.load(name) ?? {}
    for (let index = 0; index < count; index++) {
      const run = async () => await this.#worker.run({ name, index, limit: LIMIT_MS })
      let result = await run()
      if (result.outcome !== 'passed') {
        this.#worker.stop()
        result = await run()
      }
      units.push(toUnit({ name, index }, result.outcome, result.duration, [...result.reached, ...this.#takeReached()]))
    }
    return { units, static: reached }
  }

  async #measureFile (name) {
    const start = performance.now()
    const outcome = await runFile({ name, limit: LIMIT_MS }, this.#env)
    return toUnit({ name }, outcome, Math.round(performance.now() - start), this.#takeReached())
  }

  #takeReached () {
    return readdirSync(this.#directory).flatMap((name) => {
      const path = join(this.#directory, name)
      try {
        return JSON.parse(readFileSync(path, 'utf8'))
      } catch {
        // The process was killed while it wrote.
        return []
      } finally {
        rmSync(path)
      }
    })
  }
}

function toUnit (place, outcome, duration, reached) {
  return { ...place, passed: outcome === 'passed', duration, limit: 10_000 + 5 * duration, reached: [...new Set(reached)] }
}
