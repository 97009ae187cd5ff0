import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'

const EXAMPLE = join(import.meta.dirname, '../../../examples/nestjs')

test('the example for NestJS starts with one command and guards its routes', async (t) => {
  const installed = spawnSync('npm', ['install', '--prefer-offline', '--no-package-lock', '--no-audit', '--no-fund', '--silent'], { cwd: EXAMPLE, stdio: 'inherit', shell: process.platform === 'win32' })
  assert.equal(installed.status, 0)
  // A process group of its own, so that the server below npm ends too.
  const child = spawn('npm', ['start'], { cwd: EXAMPLE, env: { ...process.env, PORT: '0' }, stdio: ['ignore', 'pipe', 'inherit'], detached: true })
  t.after(() => process.kill(-child.pid))
  let curl
  for await (const line of createInterface(child.stdout)) if ((curl = /Bearer (\S+)' (\S+)$/.exec(line)) !== null) break
  assert.ok(curl, 'a curl line was printed')
  const [, token, url] = curl
  assert.equal((await fetch(url)).status, 401)
  const allowed = await fetch(url, { headers: { authorization: `Bearer ${token}` } })
  assert.equal(allowed.status, 200)
  assert.deepEqual((await allowed.json()).orders, [])
  assert.equal((await fetch(new URL('/health', url))).status, 200)
})
