// Sends the same introspection requests to the stand-in and to a server with the protocol library of ZITADEL, over real
// sockets. Status, content type and body must be equal. Without Go it prints "skipped".
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
const { createSetup } = await import('./setup.js')
const { host, send } = await import('./http.js')

const start = Date.now()
let now = () => start
const standIn = await startStandIn({ issuer: `http://${host}`, projectRoles: ['10', '9', '<b>&', 'admin', 'writer'], clock: () => now() })
const setup = await createSetup(standIn, Math.floor(start / 1000))
now = Date.now

const server = spawn(join(folder, 'server'), { stdio: ['pipe', 'pipe', 'inherit'] })
server.stdin.end(JSON.stringify(setup.data))
const stopped = () => { throw new Error('the Go server did not start') }
server.once('exit', stopped)
const [address] = await once(createInterface(server.stdout), 'line')
server.off('exit', stopped)

let passed = 0
const all = await cases(setup)
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
