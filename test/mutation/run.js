// Mutation testing, folder by folder: `npm run test:mutation [-- oauth zitadel]`. Stryker needs Node.js 22 or newer, and
// the tests run without a compiler only there, so it brings its own, from npm's package `node`.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const LEAST = 90
const here = import.meta.dirname
const root = join(here, '../..')
const folders = process.argv.length > 2 ? process.argv.slice(2) : ['oauth', 'zitadel', 'options', 'client', 'shared-cache', 'verdicts', 'source', 'guard']

const run = (command, args, cwd, env = {}) => spawnSync(command, args, { cwd, env: { ...process.env, ...env }, stdio: 'inherit' }).status
const onNode24 = (args, cwd, env) => run('npx', ['--yes', '--package', 'node@24', '--', ...args], cwd, env)

if (!existsSync(join(here, 'node_modules')) && onNode24(['npm', 'ci'], here) !== 0) process.exit(1)

/** Mutants by folder of lib: a run may be of a part of one. */
const found = new Map()
let isWhole = true
for (const folder of folders) {
  const report = join(root, `build/mutation-${folder.replace('/', '-')}.json`)
  const stryker = join(here, 'node_modules/@stryker-mutator/core/bin/stryker.js')
  rmSync(report, { force: true })
  onNode24(['node', stryker, 'run', join(here, 'stryker.config.js')], root, { FOLDER: folder, FUZZ_RUNS: '200' })
  if (!existsSync(report)) isWhole = false
  const name = `lib/${folder.split('/')[0]}`
  found.set(name, [...found.get(name) ?? [], ...mutantsOf(report)])
}
const scores = [...found].map(([folder, statuses]) => ({ folder, ...scoreOf(statuses) }))
console.table(scores)
process.exitCode = isWhole && scores.every(({ score }) => score >= LEAST) ? 0 : 1

/** The results of the mutants; empty if the run was aborted. */
function mutantsOf (report) {
  if (!existsSync(report)) return []
  return Object.values(JSON.parse(readFileSync(report, 'utf8')).files).flatMap(({ mutants }) => mutants.map(({ status }) => status))
}

function scoreOf (statuses) {
  const count = (...of) => statuses.filter((status) => of.includes(status)).length
  const [killed, survived] = [count('Killed', 'Timeout'), count('Survived', 'NoCoverage')]
  return { killed, survived, score: Math.round(1000 * killed / (killed + survived)) / 10 }
}
