// Runs the API under load for 15 minutes, with Prometheus. What Prometheus has collected stays in build/dashboard.
import { fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { startStandIn } from '../../dist/testing/index.js'
import { runScenario } from './scenario.js'
import { startPrometheus } from './prometheus.js'

const folder = resolve('build/dashboard')
rmSync(folder, { recursive: true, force: true })
mkdirSync(folder, { recursive: true })

const [redisPort, ...ports] = await Promise.all(Array.from({ length: 5 }, getFreePort))
const redis = spawn('redis-server', ['--bind', '127.0.0.1', '--port', String(redisPort), '--save', '', '--appendonly', 'no'], { stdio: 'ignore' })
process.on('exit', () => { redis.kill('SIGKILL') })
const standIn = await startStandIn()
const origins = [0, 1].map((i) => `http://127.0.0.1:${ports[i]}`)
const target = standIn.addWebhookTarget(`${origins[0]}/zitadel/events`)
const expirationDate = new Date(Date.now() + 40 * 86_400_000).toISOString()
const apis = await Promise.all([0, 1].map(async (i) => {
  const settings = {
    port: ports[i],
    metricsPort: ports[i + 2],
    redisPort,
    issuer: standIn.issuer,
    credentials: { key: { ...standIn.api.key, expirationDate } },
    staleIfError: 300,
    events: { path: '/zitadel/events', signingKey: target.signingKey },
    backChannelLogout: { path: '/zitadel/logout', clientId: standIn.loginClientId }
  }
  const api = fork(join(import.meta.dirname, 'api.js'), { env: { ...process.env, API_SETTINGS: JSON.stringify(settings) } })
  await once(api, 'message')
  return api
}))
const prometheus = await startPrometheus(folder, { scrape: [ports[2], ports[3]] })
const from = Date.now()
const phases = []
await runScenario({ standIn, origins, target, redis, log: (title) => { phases.push([Date.now(), title]); console.log(new Date().toISOString(), title) } })
writeFileSync(join(folder, 'range.json'), JSON.stringify({ from, to: Date.now(), phases }))
await prometheus.stop()
for (const api of apis) api.kill()
redis.kill('SIGKILL')
await standIn.close()

async function getFreePort () {
  const server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address()
  await once(server.close(), 'close')
  return port
}
