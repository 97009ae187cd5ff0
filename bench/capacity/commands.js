import { Redis } from 'ioredis'
import { startRedis } from '../parts/redis.js'

const CONNECTIONS = 50
const ENTRY = `fastify-zitadel:entry:${'n'.repeat(32)}`
const TOMBSTONE = `fastify-zitadel:forgotten:${'n'.repeat(32)}`

/** Microseconds of CPU that Redis takes for what one process sends at once, with many processes at the same time. */
export async function measureCommands (rounds = 400) {
  const redis = await startRedis()
  if (redis === undefined) throw new Error('redis-server is not installed')
  const clients = Array.from({ length: CONNECTIONS }, () => new Redis(redis.url))
  const [admin] = clients
  await admin.set(ENTRY, 'x'.repeat(1473))
  const look = (client) => [client.getrange(ENTRY, 0, 65_536), client.exists(TOMBSTONE)]
  const kinds = {
    'load a response': look,
    'load a response while there are tombstones': (client) => [...look(client), ...Array.from({ length: 5 }, () => client.getrange(TOMBSTONE, 0, 13))],
    'store a response': (client) => [client.set(ENTRY, 'x'.repeat(1473), 'PX', 60_000)],
    heartbeat: (client) => [client.publish(TOMBSTONE, 'x'.repeat(36))]
  }
  const readCpu = async () => Array.from((await admin.info('cpu')).matchAll(/^used_cpu_(?:user|sys):([\d.]+)/gm), ([, value]) => Number(value)).reduce((sum, value) => sum + value)
  const rows = []
  for (const [name, send] of Object.entries(kinds)) {
    const before = await readCpu()
    for (let round = 0; round < rounds; round++) await Promise.all(clients.flatMap(send))
    rows.push({ name, cpu: (await readCpu() - before) * 1e6 / (rounds * CONNECTIONS) })
  }
  for (const client of clients) client.disconnect()
  await redis.stop()
  return rows
}
