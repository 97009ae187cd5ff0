import t from 'tap'
import { hash } from 'node:crypto'
import { ada, identity, join, open, type Member } from '../fixtures/fleet.ts'
import { connectClient, kinds, needsRedis, startRedis } from '../fixtures/redis.ts'
import { ManualClock } from '../fixtures/clock.ts'
import { Gate } from '../fixtures/peer.ts'
import { SharedKey } from '../../lib/shared-cache/shared-key.ts'

const { sub, jti } = ada as unknown as { sub: string, jti: string }
const key = hash('sha256', 'token', 'base64url')

for (const kind of kinds) {
  t.test(`${kind}: a forget reaches every process, in terms of what a cache in memory knows`, needsRedis, async (t) => {
    const { port } = await startRedis(t)
    const members = [await join(t, port, { kind }), await join(t, port, { kind }), await join(t, port, { kind })] as const
    const [first, ...others] = members
    const ways = [
      [{ sub }, { sub }], [{ jti }, { jti }], [{ token: 'token' }, { key }], [{ token: 'token', jti }, { key, jti }]
    ] as const
    for (const [what, told] of ways) {
      t.equal(await first.cache.forget(what), true)
      for (const other of others) {
        await other.hears((forgotten) => JSON.stringify(forgotten) === JSON.stringify(told))
      }
    }
    await first.settle()
    t.same(first.heard, [{ all: true }, ...ways.map(([, told]) => told)], 'who forgets hears it once, and not again as news')
    t.same(members.flatMap(({ logged }) => logged), [])
  })
}

for (const what of [{ token: 'token' }, { sub }, { jti }]) {
  t.test(`a process that was away does not serve what was forgotten by ${Object.keys(what)[0]}`, needsRedis, async (t) => {
    const { port, admin } = await startRedis(t)
    const member = await join(t, port)
    await member.ask()
    await member.settle()
    const [name] = await admin('KEYS', '*') as string[]
    const kept = await admin('GET', name!) as string
    t.equal(await member.cache.forget(what), true)
    await member.settle()
    await admin('SET', name!, kept)
    const away = await join(t, port)
    t.same((await away.ask('token', { active: false })).response, { active: false })
    t.equal(away.asked(), 1)
    await admin('SET', name!, kept)
    t.same((await member.ask('token', { active: false })).response, { active: false }, 'and neither does who forgot it')
    t.equal((await away.ask('other')).response, ada, 'while anything else can still be shared')
  })
}

t.test('what is forgotten of one spares the others, for who forgot it and for everybody else', needsRedis, async (t) => {
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

t.test('to forget a token is to forget whatever has its jti, even where only the tier knows that', needsRedis, async (t) => {
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

t.test('an answer that was in the air when it was forgotten is not served to others', needsRedis, async (t) => {
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

t.test('what was being loaded when it was forgotten is not served', needsRedis, async (t) => {
  const { port } = await startRedis(t)
  const [first, second] = [await join(t, port), await join(t, port)]
  await first.ask()
  await first.settle()
  const loading = second.ask('token', { active: false })
  const forgetting = second.cache.forget({ sub })
  t.same((await loading).response, { active: false })
  t.equal(await forgetting, true)
})

t.test('a tombstone lives as long as any verdict could, and covers clocks that differ by five seconds', needsRedis, async (t) => {
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
  t.equal(await asked(), true, 'asked no later than five seconds afterwards, as far as we can tell')
  clock.advance(0.001)
  t.equal(await asked(), true)
  t.equal(await asked(), false)
})

t.test('what Redis could not take in is forgotten here all the same, and that it was not is said', needsRedis, async (t) => {
  const { port, admin } = await startRedis(t)
  const clock = new ManualClock()
  const [member, other] = [await join(t, port, { clock }), await join(t, port, { clock })]
  await member.ask()
  await member.settle()
  await admin('CONFIG', 'SET', 'min-replicas-to-write', '1')
  t.equal(await member.cache.forget({ sub }), false)
  t.match(member.logged, [{ code: 'NOREPLICAS' }, { code: 'FORGET', message: /may believe it until its ttl ends/ }])
  await other.hears((forgotten) => 'sub' in forgotten)
  await member.ask()
  t.equal(member.asked(), 2)
  clock.advance(29)
  await other.ask()
  t.equal(other.asked(), 0, 'another process may find the old one until its ttl ends')
})

t.test('a tombstone that is no moment is one all the same', needsRedis, async (t) => {
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

t.test('nobody is told anything after the end', needsRedis, async (t) => {
  const { port, admin } = await startRedis(t)
  const member = await join(t, port)
  const silent: Member = await open(t, await connectClient(t, port, 'node-redis'))
  await silent.cache.close()
  await member.cache.close()
  while ((await admin('PUBSUB', 'CHANNELS', '*') as string[]).length > 0) await new Promise((resolve) => setTimeout(resolve, 5))
  t.equal(await member.cache.forget({ sub }), true, 'the client is still open')
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
