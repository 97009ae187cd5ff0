// `npm test`: types, style, tests, and the coverage gate where redis-server is installed.
// `npm run test:quick`: the tests without these checks, and without the slow folders.
// Arguments: parts of names of test files (default: all), and --bail to end after the first failure.
import { spawn, spawnSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, constants, setPriority } from 'node:os'
import { dirname, join } from 'node:path'
import { COVERAGE } from './coverage.js'
import { NURSERY, runTests } from './pool.js'
import { createProgress } from './progress.js'
import { COMPILED, findTests, ROOT } from './test-files.js'

const commandLine = process.argv.slice(2)
const [isQuick, bail] = ['--quick', '--bail'].map((option) => commandLine.includes(option))
const unknown = commandLine.find((argument) => argument.startsWith('-') && argument !== '--quick' && argument !== '--bail')
const filters = commandLine.filter((argument) => !argument.startsWith('-')).map((filter) => filter.replaceAll('\\', '/'))
const hasRedis = spawnSync('redis-server', ['--version']).status === 0
const tests = findTests().filter(({ name, isSlow }) => filters.length === 0 ? !isQuick || !isSlow : filters.some((filter) => name.includes(filter)))

if (unknown !== undefined || tests.length === 0) {
  console.error(unknown === undefined ? `No test file matches ${filters.join(' or ')}` : `Unknown option ${unknown}`)
  process.exit(1)
}
const startedAt = performance.now()
if (await compileTests() !== 0) process.exit(1)
// With the time of the CPU that the tests leave, because some of them measure how long something takes.
const checked = isQuick ? 0 : run('eslint', 'eslint', ['.', '--cache', '--cache-location', 'build/eslintcache'], constants.priority.PRIORITY_LOW)
writeManifest()
if (!isQuick) rmSync(join(ROOT, COVERAGE), { recursive: true, force: true })
const progress = createProgress('tests')
const tested = runTests(tests.sort((one, other) => Number(other.isSlow) - Number(one.isSlow)), {
  // Many tests wait for timers: more processes than cores keep the cores busy.
  jobs: availableParallelism() + 1,
  bail,
  // Compiled files need no compiler in the process. A process has many tests, so only they have a time limit.
  env: { TAP: '1', TAP_TYPE_STRIP_ONLY: '1', TAP_TIMEOUT: '3600', ...bail && { TAP_BAIL: '1' }, ...!isQuick && { MEASURE_COVERAGE: '1' } },
  onFile: (done, name) => progress.update(done / tests.length, name),
  onLine (line) {
    progress.end()
    console.log(line)
  }
})
const [checkFailed, { passed, assertions }] = await Promise.all([checked, tested])
progress.end()
process.exitCode = checkFailed !== 0 || !passed ? 1 : isQuick ? 0 : await reportCoverage()
console.log(`${tests.length} test files ${passed ? 'passed' : 'run, with failures'}, ${Math.round((performance.now() - startedAt) / 1000)} s`)
console.log(`# { total: ${assertions}${passed ? `, pass: ${assertions}` : ''} }`)
if (checkFailed !== 0) console.log('The check of the style failed: see above')
if (!hasRedis) reportSkippedTests()

/** Compiles the tests, and what they import, to JavaScript. The quick command does not check the types. */
async function compileTests () {
  return await run('@typescript/native', 'tsc', ['--project', 'test', '--incremental', '--tsBuildInfoFile', `${COMPILED}/tests.tsbuildinfo`, ...isQuick ? ['--noCheck'] : []])
}

/** The gate holds for all tests together: some alone, or without redis-server, cover a part of lib. */
async function reportCoverage () {
  const gate = hasRedis && filters.length === 0 ? ['--100', '--skip-full'] : []
  return await run('c8', 'c8', ['report', '--temp-directory', COVERAGE, '--reporter', 'text', ...gate])
}

/** Examples import the package by its name: to a compiled test, that is the compiled lib, and not an older build. */
function writeManifest () {
  const { name, type, exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const compiledExports = JSON.parse(JSON.stringify(exports).replaceAll('./dist/', './lib/'))
  writeFileSync(join(ROOT, COMPILED, 'package.json'), JSON.stringify({ name, type, exports: compiledExports }))
}

/** Runs the command of a package, without a shell, at the priority of this process or a lower one. Resolves with 0 if it succeeds. */
async function run (name, command, args, priority) {
  const manifest = join(ROOT, 'node_modules', name, 'package.json')
  const { bin } = JSON.parse(readFileSync(manifest, 'utf8'))
  const file = join(dirname(manifest), typeof bin === 'string' ? bin : bin[command])
  const child = spawn(process.execPath, [...NURSERY, file, ...args], { cwd: ROOT, stdio: 'inherit' })
  if (priority !== undefined) setPriority(child.pid, priority)
  return await new Promise((resolve, reject) => child.on('error', reject).on('close', (code) => resolve(code ?? 1)))
}

function reportSkippedTests () {
  const names = tests.filter(({ needsRedis }) => needsRedis).map(({ name }) => name.slice('test/'.length, -'.test.ts'.length))
  if (names.length > 0) console.log(`redis-server is not installed: the coverage gate is off, and tests were skipped in ${names.join(', ')}`)
}
