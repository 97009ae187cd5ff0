// Sends the same introspections to our stand-in and to a server that is built from ZITADEL's own protocol library, over
// real sockets, and demands the same status, content type and body. Needs Go; without it nothing is checked, aloud.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('.', import.meta.url))
const root = fileURLToPath(new URL('../..', import.meta.url))

if (spawnSync('go', ['version']).status !== 0) {
  console.log('skipped: the contract check needs Go, and there is no "go" on the PATH')
  process.exit(0)
}

const folder = mkdtempSync(join(tmpdir(), 'contract-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
run('npm', ['run', '--silent', 'build'], root)
run('go', ['build', '-o', join(folder, 'server'), '.'], here)

const { startStandIn } = await import('../../dist/testing/index.js')
const { cases } = await import('./cases.js')
const { createWorld } = await import('./world.js')
const { host, send } = await import('./wire.js')

const start = Date.now()
let now = () => start
const standIn = await startStandIn({ issuer: `http://${host}`, projectRoles: ['admin', 'writer', '<b>&', '10', '9'], clock: () => now() })
const world = await createWorld(standIn, Math.floor(start / 1000))
now = Date.now

const server = spawn(join(folder, 'server'), { stdio: ['pipe', 'pipe', 'inherit'] })
server.stdin.end(JSON.stringify(world.data))
const stopped = () => { throw new Error('the Go server did not start') }
server.once('exit', stopped)
const [address] = await once(createInterface(server.stdout), 'line')
server.off('exit', stopped)

let passed = 0
const all = await cases(world)
for (const { name, message } of all) {
  const [ours, theirs] = await Promise.all([send(standIn.address, message), send(`http://${address}`, message)])
  const differences = ['status', 'contentType', 'body'].filter((part) => ours[part] !== theirs[part])
  console.log(differences.length === 0 ? `ok - ${name}` : `not ok - ${name}`)
  for (const part of differences) console.log(`  ${part}\n    library:  ${theirs[part]}\n    stand-in: ${ours[part]}`)
  if (differences.length === 0) passed++
}
server.kill()
await standIn.close()
console.log(`${passed} passed, ${all.length - passed} failed`)
process.exitCode = passed === all.length ? 0 : 1

function run (command, parameters, cwd) {
  const { status } = spawnSync(command, parameters, { cwd, stdio: 'inherit' })
  if (status !== 0) process.exit(1)
}
