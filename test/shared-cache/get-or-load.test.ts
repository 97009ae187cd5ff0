import { hash } from 'node:crypto'
import t from 'tap'
import { ada, join } from '../fixtures/fleet.ts'
import { kinds, needsRedis, startRedis, startSpy } from '../fixtures/redis.ts'
import { ManualClock } from '../fixtures/clock.ts'
import { Gate } from '../fixtures/peer.ts'

for (const kind of kinds) {
  t.test(`${kind}: a response that one process got is loaded by another`, needsRedis, async (t) => {
    const { port } = await startRedis(t)
    const [first, second] = [await join(t, port, { kind }), await join(t, port, { kind })]
    t.same((await first.ask()).response, ada)
    t.same((await second.ask('token', { active: false })).response, ada)
    t.equal(first.asked() + second.asked(), 1)
    t.same((await second.ask('other', { active: true, sub: 'bob' })).response, { active: true, sub: 'bob' })
    t.same(first.logged.concat(second.logged), [])
  })

  t.test(`${kind}: the second process waits for the first`, needsRedis, async (t) => {
    const { port } = await startRedis(t)
    const [first, second] = [await join(t, port, { kind, wait: 30_000 }), await join(t, port, { kind, wait: 30_000 })]
    const gate = new Gate()
    const asking = first.ask('token', gate.opened.then(() => ada))
    while (first.asked() === 0) await new Promise(setImmediate)
    const waiting = second.ask()
    gate.open()
    t.same((await waiting).response, ada)
    await asking
    t.equal(second.asked(), 0)
  })
}

t.test('a loaded response is as old as in the process that asked, plus the clock margin, and loading does not renew it', needsRedis, async (t) => {
  const { port } = await startRedis(t)
  const [clock, other] = [new ManualClock(), new ManualClock()]
  other.advance(1000)
  other.jump((clock.wall() - other.wall()) / 1000)
  const [first, second] = [await join(t, port, { clock }), await join(t, port, { clock: other })]
  await first.ask()
  for (const one of [clock, other]) one.advance(20)
  t.equal((await second.ask()).askedAt, other.monotonic() - 25_000)
  for (const one of [clock, other]) one.advance(9)
  t.equal((await second.ask()).askedAt, other.monotonic() - 34_000)
  for (const one of [clock, other]) one.advance(1)
  t.equal((await second.ask()).askedAt, other.monotonic(), 'after its ttl ZITADEL is asked')
})

t.test('no response older than maxAge is loaded', needsRedis, async (t) => {
  const { port } = await startRedis(t)
  const clock = new ManualClock()
  const [first, second] = [await join(t, port, { clock }), await join(t, port, { clock })]
  await first.ask()
  clock.advance(10)
  t.equal((await second.ask('token', ada, 10_001)).askedAt, clock.monotonic() - 15_000)
  t.equal((await second.ask('token', ada, 10_000)).askedAt, clock.monotonic())
  t.equal((await first.ask()).askedAt, clock.monotonic() - 5000, 'the newer response is shared')
})

t.test('with maxAge 0 nothing is loaded, no process is waited for, and the response is shared', needsRedis, async (t) => {
  const { port } = await startRedis(t)
  const [first, second] = [await join(t, port, { wait: 30_000 }), await join(t, port, { wait: 30_000 })]
  const gate = new Gate()
  const asking = first.ask('token', gate.opened.then(() => ada))
  while (first.asked() === 0) await new Promise(setImmediate)
  t.same((await second.ask('token', { active: true, sub: 'now' }, 0)).response, { active: true, sub: 'now' })
  await second.settle()
  t.same((await second.ask()).response, { active: true, sub: 'now' })
  t.equal(second.asked(), 1)
  gate.open()
  await asking
})

t.test('an inactive response is not shared, and does not replace an active one in another process', needsRedis, async (t) => {
  const { port, admin } = await startRedis(t)
  const [first, second] = [await join(t, port), await join(t, port)]
  await first.ask('token', { active: false })
  await first.settle()
  t.same(await admin('KEYS', '*'), [])
  t.same((await second.ask()).response, ada)
  await second.settle()
  t.same((await first.ask('token', { active: false }, 0)).response, { active: false })
  await first.settle()
  t.same(await admin('KEYS', '*'), [], 'the earlier response is deleted')
  t.same((await second.ask()).response, ada)
})

t.test('a failure is not shared: waiting processes introspect at once', needsRedis, async (t) => {
  const { port, admin } = await startRedis(t)
  const members = [await join(t, port, { wait: 60_000 }), await join(t, port, { wait: 60_000 }), await join(t, port, { wait: 60_000 })] as const
  const gate = new Gate()
  const failing = members[0].ask('token', gate.opened.then(() => { throw new Error('an outage') }))
  while (members[0].asked() === 0) await new Promise(setImmediate)
  const others = [members[1].ask(), members[2].ask()]
  while (Number((await admin('INFO', 'commandstats') as string).match(/cmdstat_set:calls=(\d+)/)?.[1]) < 3) await new Promise(setImmediate)
  gate.open()
  await t.rejects(failing, { message: 'an outage' })
  for (const answer of await Promise.all(others)) t.same(answer.response, ada)
})

t.test('a process that crashed is waited for no longer than wait', needsRedis, async (t) => {
  const { port } = await startRedis(t)
  const [first, second] = [await join(t, port, { wait: 50 }), await join(t, port, { wait: 50 })]
  const gate = new Gate()
  const stuck = first.ask('token', gate.opened.then(() => ada))
  while (first.asked() === 0) await new Promise(setImmediate)
  t.same((await second.ask()).response, ada)
  t.equal(second.asked(), 1)
  gate.open()
  await stuck
})

t.test('with wait 0 no lease is set', needsRedis, async (t) => {
  const { port, admin } = await startRedis(t)
  const member = await join(t, port, { wait: 0 })
  await member.ask('token', new Error('an outage')).catch(() => {})
  await member.settle()
  t.notMatch(await admin('INFO', 'commandstats'), /cmdstat_set:/)
})

t.test('an entry expires with its token', needsRedis, async (t) => {
  const { port, admin } = await startRedis(t)
  const clock = new ManualClock()
  const member = await join(t, port, { clock })
  await member.ask('token', { active: true, exp: clock.seconds + 10 })
  await member.settle()
  const [name] = await admin('KEYS', '*') as string[]
  t.ok(Number(await admin('PTTL', name!)) <= 10_000)
  await member.ask('expired', { active: true, exp: clock.seconds - 1 })
  await member.settle()
  t.equal(await admin('DBSIZE'), 1)
})

t.test('a response that cannot be serialized is not shared, and is returned', needsRedis, async (t) => {
  const { port, admin } = await startRedis(t)
  const member = await join(t, port)
  // The depth that is too much depends on the engine. A bigint can never be serialized.
  const response = { ...ada, unwritable: 1n }
  t.equal((await member.ask('token', response)).response, response)
  await member.settle()
  t.same(await admin('KEYS', '*:entry:*'), [])
})

t.test('a response that is too large is not shared', needsRedis, async (t) => {
  const { port, admin } = await startRedis(t)
  const member = await join(t, port)
  t.same(Object.keys((await member.ask('token', { active: true, sub: 'a'.repeat(60_000) })).response), ['active', 'sub'])
  await member.settle()
  t.equal(await admin('DBSIZE'), 0)
})

t.test('Redis receives no token and no part of a response', needsRedis, async (t) => {
  const { port, admin } = await startRedis(t)
  const [first, second] = [await join(t, port, { prefix: 'mine' }), await join(t, port, { prefix: 'mine' })]
  const seen: string[] = []
  const spy = await startSpy(t, port, seen)
  // Long texts: the random ones in Redis contain a text of three letters in one of 300 runs.
  const [sub, jti] = ['the-very-subject', 'V2_the-very-session-at_1']
  for (const member of [first, second]) await member.ask('the-very-token', { ...ada, sub, jti })
  await second.cache.forget({ token: 'the-very-token' })
  await second.cache.forget({ sub })
  await second.cache.forget({ jti })
  await spy()
  t.ok(seen.length > 10)
  for (const secret of ['the-very-token', sub, jti, 'active', hash('sha256', 'the-very-token', 'base64url')]) t.notMatch(seen.join('\n'), secret)
  for (const name of await admin('KEYS', '*') as string[]) t.match(name, /^mine:/)
})

t.test('a process that is closed shares the response of an introspection in flight first, and releases its lease', needsRedis, async (t) => {
  const { port } = await startRedis(t)
  const [first, second] = [await join(t, port), await join(t, port, { wait: 60_000 })]
  const gate = new Gate()
  const asked = first.ask('token', gate.opened.then(() => ada))
  while (first.asked() === 0) await new Promise((resolve) => setTimeout(resolve, 1))
  const failed = t.rejects(first.ask('other', gate.opened.then(() => { throw new Error('ZITADEL is down') })))
  while (first.asked() === 1) await new Promise((resolve) => setTimeout(resolve, 1))
  const waiting = second.ask()
  const instead = second.ask('other')
  await second.settle()
  const closed = first.cache.close()
  // ZITADEL responds later: a process that did not wait has closed its connection to Redis by then.
  await second.settle()
  gate.open()
  t.same((await waiting).response, ada)
  await failed
  await instead
  t.equal(second.asked(), 1)
  t.same([(await asked).response, await closed], [ada, undefined])
})
