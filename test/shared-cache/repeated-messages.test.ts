import t from 'tap'
import { ada, identity, join } from '../fixtures/fleet.ts'
import { needsRedis, startRedis, startSpy } from '../fixtures/redis.ts'
import { SharedKey } from '../../lib/shared-cache/shared-key.ts'

const key = 'k'.repeat(32)
const { channel, messages } = new SharedKey(key, identity)
const CHANNEL = `fastify-zitadel:forget:${channel}`

t.test('a repeated forget message is dropped', needsRedis, async (t) => {
  const { port, admin } = await startRedis(t)
  const [member, other] = [await join(t, port, { key }), await join(t, port, { key })]
  const seen: string[] = []
  const spy = await startSpy(t, port, seen)
  t.equal(await other.cache.forget({ sub: 'ada' }), true)
  await member.hears((target) => 'sub' in target)
  await spy()
  const sealed = seen.find((command) => command.includes(CHANNEL))!.split(' ').at(-1)!
  const before = member.received.length
  for (let count = 0; count < 100; count++) await admin('PUBLISH', CHANNEL, sealed)
  t.equal(await other.cache.forget({ sub: 'bob' }), true)
  await member.hears((target) => 'sub' in target && target.sub === 'bob')
  t.same(member.received.slice(before), [{ sub: 'bob' }])
})

t.test('a message that only begins like an earlier one is no repeat, and is not read', needsRedis, async (t) => {
  const { port, admin } = await startRedis(t)
  const member = await join(t, port, { key })
  const sealed = messages.seal(JSON.stringify(['other', { sub: 'ada' }]))
  await admin('PUBLISH', CHANNEL, `${sealed.slice(0, 37)}${'A'.repeat(sealed.length - 37)}`)
  await admin('PUBLISH', CHANNEL, sealed)
  await member.hears((target) => 'sub' in target)
  t.same(member.received.slice(1), [{ sub: 'ada' }], 'a forged copy does not suppress the original')
})

t.test('the memory of earlier messages is bounded', needsRedis, async (t) => {
  const { port, admin } = await startRedis(t)
  const member = await join(t, port, { key })
  const sealed = Array.from({ length: 1001 }, (_, index) => messages.seal(JSON.stringify(['other', { sub: `user ${index}` }])))
  await Promise.all(sealed.map(async (one) => await admin('PUBLISH', CHANNEL, one)))
  await member.hears((target) => 'sub' in target && target.sub === 'user 1000')
  const before = member.received.length
  await admin('PUBLISH', CHANNEL, sealed[1]!)
  await admin('PUBLISH', CHANNEL, sealed[0]!)
  await member.hears(() => member.received.length > before)
  t.same(member.received.slice(before), [{ sub: 'user 0' }], 'the first of 1,001 is not remembered')
})

t.test('a message that is too long is neither read nor sent', needsRedis, async (t) => {
  const { port, admin } = await startRedis(t)
  const [member, other] = [await join(t, port, { key }), await join(t, port, { key })]
  await admin('PUBLISH', CHANNEL, messages.seal(JSON.stringify(['other', { sub: 'a'.repeat(20_000) }])))
  t.equal(await other.cache.forget({ sub: 'a'.repeat(20_000) }), false)
  t.match(other.logged, [{ code: 'FST_ZITADEL_SHARED_FORGET' }])
  t.equal(await other.cache.forget({ sub: 'the end' }), true)
  await member.hears((target) => 'sub' in target)
  t.same(member.received.slice(1), [{ sub: 'the end' }])
  t.same((await member.ask()).response, ada)
})
