import t from 'tap'
import { hash } from 'node:crypto'
import { ada, identity, join, open, type Member } from '../fixtures/fleet.ts'
import { connectClient, kinds, needsRedis, startRedis } from '../fixtures/redis.ts'
import { ManualClock } from '../fixtures/clock.ts'
import { Gate } from '../fixtures/peer.ts'
import type { IoredisClient } from '../../lib/options/shared-cache-options.ts'
import { SharedKey } from '../../lib/shared-cache/shared-key.ts'

const { sub, jti } = ada as unknown as { sub: string, jti: string }
const key = hash('sha256', 'token', 'binary')

for (const kind of kinds) {
  t.test(`${kind}: a forget reaches every process`, needsRedis, async (t) => {
    const { port } = await startRedis(t)
    const members = [await join(t, port, { kind }), await join(t, port, { kind }), await join(t, port, { kind })] as const
    const [first, ...others] = members
    const ways = [
      [{ sub }, { sub }], [{ jti }, { jti }], [{ token: 'token' }, { key }], [{ token: 'token', jti }, { key, jti }]
    ] as const
    for (const [what, target] of ways) {
      t.equal(await first.cache.forget(what), true)
      for (const other of others) {
        await other.hears((forgotten) => JSON.stringify(forgotten) === JSON.stringify(target))
      }
    }
    await first.settle()
    t.same(first.received, [{ all: true }, ...ways.map(([, target]) => target)], 'the process that forgets does not receive its own message')
    t.same(members.flatMap(({ logged }) => logged), [])
  })
}

for (const what of [{ token: 'token' }, { sub }, { jti }]) {
  t.test(`a process without a subscription does not use a response that was forgotten by ${Object.keys(what)[0]}`, needsRedis, async (t) => {
    const { port, admin } = await startRedis(t)
    const member = await join(t, port)
    await member.ask()
    await member.settle()
    const [name] = await admin('KEYS', '*') as string[]
    const kept = await admin('GET', name!) as string
    t.equal(await member.cache.forget(what), true)
    await member.settle()
    await admin('SET', name!, kept)
    const late = await join(t, port)
    t.same((await late.ask('token', { active: false })).response, { active: false })
    t.equal(late.asked(), 1)
    await admin('SET', name!, kept)
    t.same((await member.ask('token', { active: false })).response, { active: false }, 'neither does the process that forgot it')
    t.equal((await late.ask('other')).response, ada, 'other responses can still be shared')
  })
}

t.test('the responses of other users stay, in all processes', needsRedis, async (t) => {
  const { port } = await startRedis(t)
  const [first, second, third] = [await join(t, port), await join(t, port), await join(t, port)]
  const bob = { active: true, sub: 'bob', jti: 'V2_2-at_2' }
  await first.ask('of bob', bob)
  await first.settle()
  for (const what of [{ token: 'token' }, { sub }, { jti }]) t.equal(await second.cache.forget(what), true)
  for (const member of [second, third]) {
    t.same((await member.ask('of bob')).response, bob)
    t.equal(member.asked(), 0)
  }
})

t.test('a token without sub and jti can be forgotten too', needsRedis, async (t) => {
  const { port, admin } = await startRedis(t)
  const [first, second] = [await join(t, port), await join(t, port)]
  await first.ask('token', { active: true })
  await first.settle()
  const [name] = await admin('KEYS', '*:entry:*') as string[]
  const kept = await admin('GET', name!) as string
  t.equal(await second.cache.forget({ token: 'token' }), true)
  await second.settle()
  t.equal(await admin('EXISTS', name!), 0)
  await admin('SET', name!, kept)
  t.same((await first.ask('token', { active: false })).response, { active: false })
})

t.test('a forget of a token applies to all tokens with its jti, also if only the shared cache knows the jti', needsRedis, async (t) => {
  const { port } = await startRedis(t)
  const [first, second] = [await join(t, port), await join(t, port)]
  await first.ask('token')
  await first.ask('another string for it')
  await first.settle()
  t.equal(await second.cache.forget({ token: 'token' }), true)
  await first.hears((forgotten) => 'key' in forgotten && forgotten.key === key && forgotten.jti === jti)
  await second.ask('another string for it')
  t.equal(second.asked(), 1)
})

t.test('a response that was in flight during a forget is not used by other processes', needsRedis, async (t) => {
  const { port } = await startRedis(t)
  const [first, second] = [await join(t, port, { wait: 60_000 }), await join(t, port, { wait: 60_000 })]
  const gate = new Gate()
  const asking = first.ask('token', gate.opened.then(() => ada))
  while (first.asked() === 0) await new Promise(setImmediate)
  t.equal(await second.cache.forget({ sub }), true)
  const waiting = second.ask('token', { active: false })
  gate.open()
  await asking
  t.same((await waiting).response, { active: false })
})

t.test('a response that is being loaded during a forget is not used', needsRedis, async (t) => {
  const { port } = await startRedis(t)
  const [first, second] = [await join(t, port), await join(t, port)]
  await first.ask()
  await first.settle()
  const loading = second.ask('token', { active: false })
  const forgetting = second.cache.forget({ sub })
  t.same((await loading).response, { active: false })
  t.equal(await forgetting, true)
})

t.test('a response that is being loaded while another user is forgotten is used', needsRedis, async (t) => {
  const { port } = await startRedis(t)
  const [first, second] = [await join(t, port), await join(t, port)]
  await first.ask()
  await first.settle()
  const loading = second.ask('token', { active: false })
  const forgetting = second.cache.forget({ sub: 'bob' })
  t.same((await loading).response, ada)
  t.equal(await forgetting, true)
})

t.test('a tombstone is kept as long as a verdict can be, and covers clocks that differ by five seconds', needsRedis, async (t) => {
  const { port, admin } = await startRedis(t)
  const clock = new ManualClock()
  const member = await join(t, port, { clock, ttl: 30 })
  t.equal(await member.cache.forget({ sub }), true)
  for (const name of await admin('KEYS', '*') as string[]) {
    const life = Number(await admin('PTTL', name))
    t.ok(life > 39_000 && life <= 40_000)
  }
  const asked = async (): Promise<boolean> => {
    const before = member.asked()
    await member.ask()
    return member.asked() > before
  }
  clock.advance(5)
  t.equal(await asked(), true)
  t.equal(await asked(), true, 'it may have been asked up to five seconds before')
  clock.advance(0.001)
  t.equal(await asked(), true)
  t.equal(await asked(), false)
})

t.test('if Redis does not store a forget, this process forgets all the same, and the log says so', needsRedis, async (t) => {
  const { port, admin } = await startRedis(t)
  const clock = new ManualClock()
  const [member, other] = [await join(t, port, { clock }), await join(t, port, { clock })]
  await member.ask()
  await member.settle()
  await admin('CONFIG', 'SET', 'min-replicas-to-write', '1')
  t.equal(await member.cache.forget({ sub }), false)
  t.match(member.logged, [{ code: 'FST_ZITADEL_SHARED_COMMAND', reason: 'NOREPLICAS', command: 'SET' }, { code: 'FST_ZITADEL_SHARED_FORGET', message: /other processes can use the verdict until its ttl ends/ }])
  await other.hears((forgotten) => 'sub' in forgotten)
  await member.ask()
  t.equal(member.asked(), 2)
  clock.advance(29)
  await other.ask()
  t.equal(other.asked(), 0, 'another process can load the old one until its ttl ends')
})

t.test('a tombstone whose value is not a timestamp counts', needsRedis, async (t) => {
  const { port, admin } = await startRedis(t)
  const member = await join(t, port)
  await member.cache.forget({ sub })
  const tombstones = (await admin('KEYS', '*:forgotten:*')) as string[]
  t.equal(tombstones.length, 1)
  const clock = new ManualClock()
  clock.advance(60)
  const later = await join(t, port, { clock })
  for (const [index, value] of ['soon', '0', '99999999999999', ' 1000000000000', '1e12'].entries()) {
    await admin('SET', tombstones[0]!, value)
    await later.ask()
    await later.settle()
    await later.ask()
    t.equal(later.asked(), 2 * (index + 1), value)
  }
})

for (const kind of kinds) {
  t.test(`${kind}: a forget that is being sent when a process is closed reaches the others`, needsRedis, async (t) => {
    const { port } = await startRedis(t)
    const [first, second] = [await join(t, port, { kind }), await join(t, port)]
    const forgets = [first.cache.forget({ sub }), first.cache.forget({ token: 'token' })]
    await first.cache.close()
    t.same(await Promise.all(forgets), [true, true])
    await second.hears((target) => 'sub' in target)
    await second.hears((target) => 'key' in target)
    t.same(first.logged, [])
  })
}

t.test('marks of what is forgotten stay while a verdict can be used in an outage of ZITADEL', needsRedis, async (t) => {
  const { port, admin } = await startRedis(t)
  for (const [staleIfError, seconds] of [[0, 40], [3600, 3640], [1e17, 1e10]] as const) {
    const member = await join(t, port, { staleIfError })
    t.equal(await member.cache.forget({ sub }), true)
    for (const name of await admin('KEYS', '*') as string[]) {
      const left = Number(await admin('PTTL', name)) / 1000
      t.ok(left > seconds - 5, `${left} s`)
    }
  }
})

t.test('a closed member has no subscription', needsRedis, async (t) => {
  const { port, admin } = await startRedis(t)
  const member = await join(t, port)
  const silent: Member = await open(t, await connectClient(t, port, 'node-redis'))
  await silent.cache.close()
  await member.cache.close()
  while ((await admin('PUBSUB', 'CHANNELS', '*') as string[]).length > 0) await new Promise((resolve) => setTimeout(resolve, 5))
  t.equal(await (member.client as IoredisClient).call('PING'), 'PONG', 'the client is still open')
  t.equal(await member.cache.forget({ sub }), false)
})

t.test('a message without a kind, or with one of a newer version, is a forget', needsRedis, async (t) => {
  const { port, admin } = await startRedis(t)
  const member = await join(t, port)
  const kinds: string[] = []
  member.cache.onForget((_forgotten, kind, isOwn) => { kinds.push(`${kind} ${isOwn}`) })
  const { channel, messages } = new SharedKey(identity.secret, identity)
  for (const [index, kind] of [[], ['forget'], ['doubt'], ['later'], [null]].entries()) {
    await admin('PUBLISH', `fastify-zitadel:forget:${channel}`, messages.seal(JSON.stringify(['other', { sub: `user${index}` }, ...kind])))
    await member.hears((forgotten) => 'sub' in forgotten && forgotten.sub === `user${index}`)
  }
  await member.cache.forget({ sub }, 'doubt')
  t.same(kinds, ['forget false', 'forget false', 'doubt false', 'forget false', 'forget false', 'doubt true'])
})
