import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import Redis from 'ioredis'

/**
 * A new Redis on a free port, without persistence.
 *
 * @returns undefined where `redis-server` (or what REDIS_SERVER names) is missing
 */
export async function startRedis () {
  const port = await freePort()
  const child = spawn(process.env.REDIS_SERVER ?? 'redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'], { stdio: 'ignore' })
  const ended = new Promise((resolve) => {
    child.once('exit', resolve)
    child.once('error', resolve)
  })
  const url = `redis://127.0.0.1:${port}`
  const answers = await Promise.race([ended.then(() => false), isUp(url)])
  if (!answers) {
    child.kill()
    return undefined
  }
  return { url, pause: () => child.kill('SIGSTOP'), resume: () => child.kill('SIGCONT'), stop: async () => { child.kill(); await ended } }
}

async function isUp (url) {
  for (let attempt = 0; attempt < 50; attempt++) {
    const client = new Redis(url, { lazyConnect: true, retryStrategy: null })
    client.on('error', () => {})
    const answer = await client.connect().then(() => client.ping()).catch(() => undefined)
    client.disconnect()
    if (answer === 'PONG') return true
    await setTimeout(100)
  }
  return false
}

async function freePort () {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}
