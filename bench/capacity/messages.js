import { once } from 'node:events'
import { connect } from 'node:net'
import { Redis } from 'ioredis'
import { startRedis } from '../parts/redis.js'

const CHANNEL = `fastify-zitadel:forget:${'n'.repeat(32)}`
/** A message about one user, as long as a sealed one. */
const MESSAGE = 'm'.repeat(132)
const MESSAGES = 200

/** Measures how long Redis takes to deliver one message to so many processes. */
export async function measureMessages (sizes = [4, 100, 1000]) {
  const rows = []
  for (const subscribers of sizes) rows.push({ subscribers, ...await measureOne(subscribers) })
  return rows
}

async function measureOne (subscribers) {
  const redis = await startRedis()
  if (redis === undefined) throw new Error('redis-server is not installed')
  const client = new Redis(redis.url)
  const { port } = new URL(redis.url)
  let left = 0
  let done = () => {}
  const sockets = []
  const end = Buffer.from(`${MESSAGE}\r\n`)
  for (let i = 0; i < subscribers; i++) {
    const socket = connect(Number(port), '127.0.0.1')
    socket.write(`*2\r\n$9\r\nSUBSCRIBE\r\n$${CHANNEL.length}\r\n${CHANNEL}\r\n`)
    await once(socket, 'data')
    socket.on('data', (bytes) => { if (bytes.includes(end) && --left === 0) done() })
    sockets.push(socket)
  }
  const cpu = async () => Number(/used_cpu_user:([\d.]+)/.exec(await client.info('cpu'))[1]) + Number(/used_cpu_sys:([\d.]+)/.exec(await client.info('cpu'))[1])
  const times = []
  const before = await cpu()
  for (let i = 0; i < MESSAGES; i++) {
    left = subscribers
    const all = new Promise((resolve) => { done = resolve })
    const start = performance.now()
    client.publish(CHANNEL, MESSAGE)
    await all
    times.push(performance.now() - start)
  }
  const used = (await cpu() - before) * 1e6 / (MESSAGES * subscribers)
  for (const socket of sockets) socket.destroy()
  client.disconnect()
  await redis.stop()
  times.sort((a, b) => a - b)
  return { p50: times[MESSAGES / 2], p99: times[Math.ceil(MESSAGES * 0.99) - 1], cpu: used }
}
