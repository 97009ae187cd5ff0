// `npm test`: types, style, tests, and the coverage gate where redis-server is installed.
// `npm run test:quick`: the tests without these checks, and without the slow folders.
// Arguments: parts of names of test files (default: all), and options of tap.
import { spawn, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { COMPILED, findTests, isSlow, ROOT, writeGroups } from './groups.js'

const commandLine = process.argv.slice(2)
const isQuick = commandLine.includes('--quick')
const tapOptions = commandLine.filter((argument) => argument.startsWith('-') && argument !== '--quick')
const filters = commandLine.filter((argument) => !argument.startsWith('-')).map((filter) => filter.replaceAll('\\', '/'))
// Many tests wait for timers: one process more than cores keeps the cores busy.
const jobs = availableParallelism() + 1
const hasRedis = spawnSync('redis-server', ['--version']).status === 0
const tests = findTests().filter(({ name }) => filters.length === 0 ? !isQuick || !isSlow(name) : filters.some((filter) => name.includes(filter)))

if (tests.length === 0) {
  console.error(`No test file matches ${filters.join(' or ')}`)
  process.exit(1)
}
const compiled = await run('typescript', 'tsc', ['--project', 'test', ...isQuick ? ['--noCheck'] : []])
if (compiled !== 0) process.exit(1)
writeManifest()
const linted = isQuick ? 0 : run('eslint', 'eslint', ['.', '--cache', '--cache-location', 'build/eslintcache'])
const tested = run('tap', 'tap', [
  // Compiled files need no compiler in the process.
  '--test-env=TAP_TYPE_STRIP_ONLY=1',
  `--jobs=${jobs}`,
  '--timeout=300',
  ...isQuick ? [] : getCoverageOptions(),
  ...tapOptions,
  ...writeGroups(tests, jobs)
])
process.exitCode = Math.max(...await Promise.all([linted, tested]))
if (!hasRedis) reportSkippedTests()

/** The gate holds for all tests together: some alone, or without redis-server, cover a part of lib. */
function getCoverageOptions () {
  // tap lists the files of a pattern in the environment of each process: not those of bench/node_modules.
  const outside = [...['test', 'examples', 'bench'].map((folder) => `${COMPILED}/${folder}/**`), 'bench/capacity'].map((folder) => `--coverage-exclude=${folder}/*.js`)
  const measure = ['--no-disable-coverage', ...outside]
  if (!hasRedis || filters.length > 0) return [...measure, '--no-show-full-coverage']
  return [...measure, '--no-allow-empty-coverage', '--no-allow-incomplete-coverage']
}

/** Examples import the package by its name: to a compiled test, that is the compiled lib, and not an older build. */
function writeManifest () {
  const { name, type, exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const compiledExports = JSON.parse(JSON.stringify(exports).replaceAll('./dist/', './lib/'))
  writeFileSync(join(ROOT, COMPILED, 'package.json'), JSON.stringify({ name, type, exports: compiledExports }))
}

/** Runs the command of a package, without a shell. Resolves with 0 if it succeeds. */
async function run (name, command, args) {
  const manifest = join(ROOT, 'node_modules', name, 'package.json')
  const { bin } = JSON.parse(readFileSync(manifest, 'utf8'))
  const file = join(dirname(manifest), typeof bin === 'string' ? bin : bin[command])
  const child = spawn(process.execPath, [file, ...args], { cwd: ROOT, stdio: 'inherit' })
  return await new Promise((resolve, reject) => child.on('error', reject).on('close', (code) => resolve(code ?? 1)))
}

function reportSkippedTests () {
  const names = tests.filter(({ needsRedis }) => needsRedis).map(({ name }) => name.slice('test/'.length, -'.test.ts'.length))
  if (names.length > 0) console.log(`redis-server is not installed: the coverage gate is off, and tests were skipped in ${names.join(', ')}`)
}
