// The properties of this folder with a million inputs or more in all: `npm run test:fuzz`.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createProgress } from '../runner/progress.js'

const directory = mkdtempSync(join(tmpdir(), 'fuzz-'))
const tally = join(directory, 'tally')
const env = { ...process.env, FUZZ_RUNS: process.env.FUZZ_RUNS ?? '90000', FUZZ_TALLY: tally }
const tests = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.test.ts')).map((name) => join(import.meta.dirname, name))
// A property writes a line after all of its inputs.
const properties = tests.reduce((sum, path) => sum + (readFileSync(path, 'utf8').match(/\bholds\(/g)?.length ?? 0), 0)
const readCounts = () => existsSync(tally) ? readFileSync(tally, 'utf8').trim().split('\n').map(Number) : []
const progress = createProgress('fuzz')
const timer = setInterval(() => progress.update(readCounts().length / properties, `${readCounts().length} of ${properties} properties`), 1000)
const start = Date.now()
const child = spawn('npx', ['tap', '--disable-coverage', '--timeout=1800', ...tests], { env, stdio: 'inherit', shell: process.platform === 'win32' })
const [status] = await once(child, 'close')
clearInterval(timer)
progress.end()
const counts = readCounts()
rmSync(directory, { recursive: true })
const inputs = counts.reduce((sum, count) => sum + count, 0)
console.log(`${inputs.toLocaleString('en')} inputs to ${counts.length} properties in ${Math.round((Date.now() - start) / 1000)} s`)
process.exitCode = status ?? 1
