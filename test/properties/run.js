// The properties of this folder with a million inputs or more in all: `npm run test:fuzz`.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const directory = mkdtempSync(join(tmpdir(), 'fuzz-'))
const tally = join(directory, 'tally')
const env = { ...process.env, FUZZ_RUNS: process.env.FUZZ_RUNS ?? '90000', FUZZ_TALLY: tally }
const tests = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.test.ts')).map((name) => join(import.meta.dirname, name))
const start = Date.now()
const { status } = spawnSync('npx', ['tap', '--disable-coverage', '--timeout=1800', ...tests], { env, stdio: 'inherit' })
const counts = readFileSync(tally, 'utf8').trim().split('\n').map(Number)
rmSync(directory, { recursive: true })
const inputs = counts.reduce((sum, count) => sum + count, 0)
console.log(`${inputs.toLocaleString('en')} inputs to ${counts.length} properties in ${Math.round((Date.now() - start) / 1000)} s`)
process.exitCode = status ?? 1
