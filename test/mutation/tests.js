// Test files in processes of their own, with or without a mutant.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ROOT } from '../runner/test-files.js'
import { TREE } from './mutants.js'

const FAILURE = /^\s*not ok (?!.*# (?:TODO|SKIP))/
/** tap indents what a test writes. */
const FILE = /^ *# file (.*)$/
const RUNNER = join(import.meta.dirname, 'run-tests.js')
const RECORDER = pathToFileURL(join(import.meta.dirname, 'record-coverage.js')).href

let count = 0

/**
 * Runs test files one after the other in one process, to the first failure.
 * @param {{ name: string, limit: number }[]} files names from the root, and the time limit of each in milliseconds
 * @param {Record<string, string>} env
 * @returns {Promise<{ outcome: 'passed' | 'failed' | 'timeout', last: string }>} `last` is the file that failed
 */
export async function runTests (files, env) {
  const modules = files.map(({ name }) => pathToFileURL(join(ROOT, TREE, name.replace(/ts$/, 'js'))).href)
  // A group of processes: what a test started ends with it.
  const child = spawn(process.execPath, [RUNNER, String(++count)], {
    cwd: ROOT,
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
    // tap's own limit, 30 s, holds for all files of the process together: it would look like a failure of one of them.
    env: { ...process.env, TAP_TYPE_STRIP_ONLY: '1', TAP_TIMEOUT: '3600', FUZZ_RUNS: '100', MUTATION_TESTS: modules.join(' '), ...env }
  })
  let last = files[0]
  return await new Promise((resolve, reject) => {
    const stop = (outcome) => { resolve({ outcome, last: last.name }); killGroup(child) }
    let timer = setTimeout(stop, last.limit, 'timeout')
    const begin = (file) => {
      last = file
      clearTimeout(timer)
      timer = setTimeout(stop, file.limit, 'timeout')
    }
    let rest = ''
    child.stdout.setEncoding('utf8').on('data', (text) => {
      const lines = (rest + text).split('\n')
      rest = lines.pop()
      for (const line of lines) {
        const module = FILE.exec(line)?.[1]
        if (module !== undefined) begin(files[modules.indexOf(module)])
        if (FAILURE.test(line)) return stop('failed')
      }
    })
    child.on('error', reject).on('close', (code) => {
      clearTimeout(timer)
      resolve({ outcome: code === 0 ? 'passed' : 'failed', last: last.name })
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

/**
 * Runs a test file without a mutant, and once more if it fails. The result of an earlier run is used if nothing has changed since.
 * @param {string} name
 * @param {string} state of lib and the fixtures
 * @returns {Promise<{ name: string, passed: boolean, duration: number, reached: string[] }>} duration in milliseconds
 */
export async function measure (name, state) {
  const folder = join(ROOT, 'build/mutation')
  const file = join(folder, `${name.slice('test/'.length).replaceAll('/', '-')}.json`)
  const key = createHash('sha256').update(state + readFileSync(join(ROOT, name), 'utf8')).digest('hex')
  try {
    const earlier = JSON.parse(readFileSync(file, 'utf8'))
    if (earlier.key === key && earlier.result.passed) return earlier.result
  } catch {}
  const first = await record(name)
  const result = first.passed ? first : await record(name)
  mkdirSync(folder, { recursive: true })
  writeFileSync(file, JSON.stringify({ key, result }))
  return result
}

async function record (name) {
  const directory = mkdtempSync(join(tmpdir(), 'coverage-'))
  const start = performance.now()
  const { outcome } = await runTests([{ name, limit: 60_000 }], { MUTATION_COVERAGE: directory, NODE_OPTIONS: `--import=${RECORDER}` })
  const duration = Math.round(performance.now() - start)
  const reached = new Set(readdirSync(directory).flatMap((part) => JSON.parse(readFileSync(join(directory, part), 'utf8'))))
  rmSync(directory, { recursive: true })
  return { name, passed: outcome === 'passed', duration, reached: [...reached] }
}
