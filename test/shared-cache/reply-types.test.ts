import { Redis as IoRedis } from 'ioredis'
import { createClient, RESP_TYPES } from 'redis'
import t from 'tap'
import { ada, open, type Member } from '../fixtures/fleet.ts'
import { needsRedis, startRedis } from '../fixtures/redis.ts'
import { Gate } from '../fixtures/peer.ts'

const ways = {
  'ioredis with stringNumbers': async (t: Parameters<typeof open>[0], port: number): Promise<Member> => {
    const client = new IoRedis(port, '127.0.0.1', { stringNumbers: true })
    t.teardown(() => client.disconnect())
    return await open(t, client, { wait: 60_000 })
  },
  'node-redis with buffers and numbers as strings': async (t: Parameters<typeof open>[0], port: number): Promise<Member> => {
    const client = createClient({ socket: { host: '127.0.0.1', port }, commandOptions: { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer, [RESP_TYPES.SIMPLE_STRING]: Buffer, [RESP_TYPES.NUMBER]: String } } })
    client.on('error', () => {})
    t.teardown(() => client.destroy())
    await client.connect()
    return await open(t, client, { wait: 60_000 })
  }
}

for (const [way, start] of Object.entries(ways)) {
  t.test(`${way}: responses are shared, waited for and forgotten`, needsRedis, async (t) => {
    const { port, admin } = await startRedis(t)
    const [first, second] = [await start(t, port), await start(t, port)]
    for (const member of [first, second]) await member.hears((target) => 'all' in target)
    const gate = new Gate()
    const asking = first.ask('token', gate.opened.then(() => { throw new Error('an outage') }))
    while (first.asked() === 0) await new Promise(setImmediate)
    const waiting = second.ask()
    while ((await admin('KEYS', '*:waiting') as string[]).length === 0) await new Promise(setImmediate)
    gate.open()
    await t.rejects(asking)
    t.same((await waiting).response, ada, 'a released lease is noticed')
    await second.settle()
    t.same((await first.ask('token', { active: false })).response, ada)
    t.equal(await second.cache.forget({ sub: ada['sub'] as string }), true)
    t.same((await first.ask('token', { active: false })).response, { active: false })
    t.same(first.logged.concat(second.logged), [])
  })
}
