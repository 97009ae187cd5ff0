import t from 'tap'
import { EventEmitter } from 'node:events'
import { createClient } from 'redis'
import { join, open, type Member } from '../fixtures/fleet.ts'
import { connectClient, getFreePort, kinds, needsRedis, spawnRedis, startRedis } from '../fixtures/redis.ts'
import { startRedisProxy } from '../fixtures/redis-proxy.ts'

async function breathe (): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 5))
}

/** Resolves once a response of one is loaded by the other. */
async function share (first: Member, second: Member): Promise<void> {
  for (let index = 0; ; index++) {
    await first.ask(`shared ${index}`)
    await first.settle()
    const before = second.asked()
    await second.ask(`shared ${index}`)
    if (second.asked() === before) return
    await breathe()
  }
}

for (const kind of kinds) {
  t.test(`${kind}: a connection that its client does not open again is replaced`, needsRedis, async (t) => {
    const { port, admin } = await startRedis(t)
    const member = await open(t, await connectClient(t, port, kind, false))
    await member.hears((forgotten) => 'all' in forgotten)
    await admin('CLIENT', 'KILL', 'TYPE', 'normal')
    await share(member, await join(t, port))
  })

  t.test(`${kind}: the first commands wait for the connection, and the last ones are sent before it is closed`, needsRedis, async (t) => {
    const { port, admin } = await startRedis(t)
    const client = await connectClient(t, port, kind)
    const [first, other] = [await open(t, client, { interval: 600_000 }), await join(t, port)]
    await first.ask('token')
    await first.cache.close()
    while (Number(await admin('DBSIZE')) === 0) await breathe()
    await other.ask('token')
    t.equal(other.asked(), 0)
    while ((await admin('CLIENT', 'LIST') as string).trim().split('\n').length > 5) await breathe()
    t.equal((await admin('CLIENT', 'LIST') as string).trim().split('\n').length, 5, 'that of the test, two clients, and two of the other member')
  })

  t.test(`${kind}: a command that is in flight when the connection is lost fails at once, and is not sent again`, needsRedis, async (t) => {
    const { port, admin } = await startRedis(t)
    const proxy = await startRedisProxy(t, port)
    const member = await join(t, proxy.port, { kind, deadline: 10_000, interval: 600_000, wait: 0 })
    await member.settle()
    proxy.reply = 'none'
    const asking = member.ask('token', { active: false })
    while (proxy.commands < 2) await breathe()
    await admin('CONFIG', 'RESETSTAT')
    proxy.reply = undefined
    proxy.disconnect()
    t.same((await asking).response, { active: false })
    while (!(await admin('INFO', 'commandstats') as string).includes('cmdstat_subscribe')) await breathe()
    await breathe()
    t.notMatch(await admin('INFO', 'commandstats'), /cmdstat_getrange/)
  })
}

t.test('a client of node-redis that does not reconnect is connected again when Redis is there', needsRedis, async (t) => {
  const port = await getFreePort()
  const member = await open(t, createClient({ socket: { host: '127.0.0.1', port, reconnectStrategy: false } }), { interval: 20 })
  await member.ask()
  const child = spawnRedis(port)
  t.teardown(() => { child.kill('SIGKILL') })
  await member.hears((forgotten) => 'all' in forgotten)
  await share(member, await join(t, port))
})

t.test('a connection that is closed while it connects is closed', needsRedis, async (t) => {
  const { port, admin } = await startRedis(t)
  for (const kind of kinds) {
    const member = await open(t, await connectClient(t, port, kind))
    await member.cache.close()
  }
  const count = async (): Promise<number> => (await admin('CLIENT', 'LIST') as string).trim().split('\n').length
  await new Promise((resolve) => setTimeout(resolve, 100))
  while (await count() > 4) await breathe()
  t.equal(await count(), 4, 'those of the clients, and of the test')
})

t.test('nothing is published by a cache that was closed before it was connected', async (t) => {
  const own = Object.assign(new EventEmitter(), { isReady: false, connect: async () => {}, subscribe: async () => {}, disconnect: () => {}, sendCommand: async (args: string[]) => { sent.push(args[0]!) } })
  const sent: string[] = []
  const member = await open(t, Object.assign(new EventEmitter(), { isReady: true, sendCommand: async () => {}, duplicate: () => own }), { interval: 600_000 })
  await new Promise(setImmediate)
  await member.cache.close()
  own.isReady = true
  own.emit('ready')
  await new Promise(setImmediate)
  t.same(sent, [])
})

t.test('commands of a client that was never connected go out on the connection of the cache', needsRedis, async (t) => {
  const { port } = await startRedis(t)
  const client = createClient({ url: `redis://127.0.0.1:${port}` })
  const member = await open(t, client)
  await member.hears((forgotten) => 'all' in forgotten)
  await share(member, await join(t, port))
  t.notOk(client.isOpen)
})
