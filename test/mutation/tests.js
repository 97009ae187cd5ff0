// Test files in processes of their own, with or without a mutant.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ROOT } from '../runner/test-files.js'
import { TREE } from './mutants.js'

const FAILURE = /^\s*not ok (?!.*# (?:TODO|SKIP))/m
const RUNNER = join(import.meta.dirname, 'run-tests.js')
const RECORDER = pathToFileURL(join(import.meta.dirname, 'record-coverage.js')).href

let count = 0

/**
 * Runs test files one after the other in one process, to the first failure.
 * @param {string[]} names from the root
 * @param {number} limit milliseconds
 * @param {Record<string, string>} env
 * @returns {Promise<{ outcome: 'passed' | 'failed' | 'timeout', last: string }>} `last` is the file that failed
 */
export async function runTests (names, limit, env) {
  const modules = names.map((name) => pathToFileURL(join(ROOT, TREE, name.replace(/ts$/, 'js'))).href)
  // A group of processes: what a test started ends with it.
  const child = spawn(process.execPath, [RUNNER, String(++count)], {
    cwd: ROOT,
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, TAP_TYPE_STRIP_ONLY: '1', FUZZ_RUNS: '100', MUTATION_TESTS: modules.join(' '), ...env }
  })
  let last = names[0]
  return await new Promise((resolve, reject) => {
    const stop = (outcome) => { resolve({ outcome, last }); killGroup(child) }
    const timer = setTimeout(stop, limit, 'timeout')
    let line = ''
    child.stdout.setEncoding('utf8').on('data', (text) => {
      line += text
      const loaded = modules.indexOf(/^# file (.*)\n/m.exec(line)?.[1] ?? '')
      if (loaded !== -1) last = names[loaded]
      if (FAILURE.test(line)) stop('failed')
      line = line.slice(line.lastIndexOf('\n') + 1)
    })
    child.on('error', reject).on('close', (code) => {
      clearTimeout(timer)
      resolve({ outcome: code === 0 ? 'passed' : 'failed', last })
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
 * Runs a test file without a mutant. The result of an earlier run is used if nothing has changed since.
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
  const directory = mkdtempSync(join(tmpdir(), 'coverage-'))
  const start = performance.now()
  const { outcome } = await runTests([name], 60_000, { MUTATION_COVERAGE: directory, NODE_OPTIONS: `--import=${RECORDER}` })
  const duration = Math.round(performance.now() - start)
  const reached = new Set(readdirSync(directory).flatMap((part) => JSON.parse(readFileSync(join(directory, part), 'utf8'))))
  rmSync(directory, { recursive: true })
  const result = { name, passed: outcome === 'passed', duration, reached: [...reached] }
  mkdirSync(folder, { recursive: true })
  writeFileSync(file, JSON.stringify({ key, result }))
  return result
}
