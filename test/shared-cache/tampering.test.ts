import t from 'tap'
import { ada, join, type Member } from '../fixtures/fleet.ts'
import { needsRedis, startRedis, type RedisServer } from '../fixtures/redis.ts'
import { ManualClock } from '../fixtures/clock.ts'

const no = { active: false }

async function createName (member: Member, { admin }: RedisServer, token: string, response: typeof ada): Promise<string> {
  const before = new Set(await admin('KEYS', '*:entry:*') as string[])
  await member.ask(token, response)
  await member.settle()
  return (await admin('KEYS', '*:entry:*') as string[]).find((name) => !before.has(name))!
}

t.test('an entry that was copied to another token is a miss', needsRedis, async (t) => {
  const server = await startRedis(t)
  const { port, admin } = server
  const [first, second] = [await join(t, port), await join(t, port)]
  const names = [await createName(first, server, 'ada', ada), await createName(first, server, 'bob', { active: true, sub: 'bob' })] as const
  const [one, two] = [await admin('GET', names[0]), await admin('GET', names[1])] as [string, string]
  await admin('SET', names[0], two)
  await admin('SET', names[1], one)
  t.same((await second.ask('ada', no)).response, no)
  await admin('SET', names[1], one)
  t.same((await second.ask('bob', no)).response, no)
})

t.test('an entry with one changed character, or with a part missing, is a miss', needsRedis, async (t) => {
  const server = await startRedis(t)
  const { port, admin } = server
  const [first, second] = [await join(t, port, { wait: 0 }), await join(t, port, { wait: 0 })]
  const name = await createName(first, server, 'token', ada)
  const good = await admin('GET', name) as string
  const served: number[] = []
  for (let index = 0; index < good.length; index++) {
    for (const character of ['A', 'B', '=', ' ']) {
      if (good[index] === character) continue
      await admin('SET', name, good.slice(0, index) + character + good.slice(index + 1))
      if ((await second.ask('token', no)).response.active) served.push(index)
    }
    await admin('SET', name, good.slice(0, index))
    if ((await second.ask('token', no)).response.active) served.push(index)
  }
  for (const added of ['=', '!', '\n', 'A']) {
    await admin('SET', name, good + added)
    if ((await second.ask('token', no)).response.active) served.push(good.length)
  }
  t.same(served, [])
  await second.settle()
  await admin('SET', name, good)
  t.same((await second.ask('token', no)).response, ada, 'the original entry is used')
})

t.test('any other value is a miss: any type, any bytes, any size', needsRedis, async (t) => {
  const server = await startRedis(t)
  const { port, admin } = server
  const [first, second] = [await join(t, port), await join(t, port, { wait: 30 })]
  const name = await createName(first, server, 'token', ada)
  const good = await admin('GET', name) as string
  const replacements = [
    ['SET', name, ''], ['SET', name, '0'], ['SET', name, 'null'], ['SET', name, '{"active":true}'], ['SET', name, '\0\xff\n$-1\r\n'],
    ['SET', name, 'A'.repeat(38)], ['SET', name, good + good], ['RPUSH', name, good], ['SADD', name, good],
    ['HSET', name, good, good], ['ZADD', name, '1', good], ['XADD', name, '*', 'entry', good],
    ['SETRANGE', name, String(300 * 1024 * 1024), good]
  ]
  for (const [command, ...args] of replacements) {
    await admin('DEL', name)
    await admin(command!, ...args)
    t.same((await second.ask('token', no)).response, no, command!)
    await second.settle()
  }
  const sent = Number((await admin('INFO', 'stats') as string).match(/total_net_output_bytes:(\d+)/)![1])
  t.ok(sent < 10_000_000, 'a value that is too large is not sent')
})

t.test('an old entry that is put back is used until its ttl ends, and not longer', needsRedis, async (t) => {
  const server = await startRedis(t)
  const { port, admin } = server
  const clock = new ManualClock()
  const [first, second] = [await join(t, port, { clock }), await join(t, port, { clock })]
  const name = await createName(first, server, 'token', ada)
  const old = await admin('GET', name) as string
  await first.ask('token', no, 0)
  await first.settle()
  clock.advance(29)
  await admin('SET', name, old)
  t.same(await second.ask('token', no), { response: ada, askedAt: clock.monotonic() - 34_000 })
  clock.advance(1)
  t.same((await second.ask('token', no)).response, no)
})

t.test('an entry from the future is a miss', needsRedis, async (t) => {
  const { port } = await startRedis(t)
  const [ahead, clock] = [new ManualClock(), new ManualClock()]
  clock.jump((ahead.wall() - clock.wall()) / 1000)
  ahead.jump(0.002)
  const [first, second] = [await join(t, port, { clock: ahead }), await join(t, port, { clock })]
  await first.ask()
  t.same((await second.ask('token', no)).response, no)
  clock.jump(0.002)
  await first.ask('token', ada, 0)
  await first.settle()
  t.same((await second.ask('token', no)).response, ada)
})

t.test('if tombstones are deleted, an old entry can be used until its ttl ends', needsRedis, async (t) => {
  const server = await startRedis(t)
  const { port, admin } = server
  const clock = new ManualClock()
  const [first, second] = [await join(t, port, { clock }), await join(t, port, { clock })]
  const name = await createName(first, server, 'token', ada)
  const old = await admin('GET', name) as string
  await first.cache.forget({ token: 'token' })
  await first.settle()
  for (const tombstone of [...await admin('KEYS', '*:forgotten:*') as string[], ...await admin('KEYS', '*:any:*') as string[]]) await admin('DEL', tombstone)
  await admin('SET', name, old)
  t.same((await second.ask('token', no)).response, ada)
  clock.advance(30)
  t.same((await second.ask('token', no)).response, no)
})

t.test('a lease that is never released only delays', needsRedis, async (t) => {
  const { port, admin } = await startRedis(t)
  const member = await join(t, port, { wait: 20 })
  await member.ask()
  await member.settle()
  const [name] = await admin('KEYS', '*:entry:*') as string[]
  for (const command of [['SET', `${name!}:claim`, 'x'], ['RPUSH', `${name!}:claim`, 'x']]) {
    await admin('FLUSHALL')
    await admin(command[0]!, ...command.slice(1))
    t.same((await member.ask('token', no)).response, no)
  }
})

t.test('messages on the channels that are not sealed with the key are ignored', needsRedis, async (t) => {
  const server = await startRedis(t)
  const { port, admin } = server
  const [member, other] = [await join(t, port), await join(t, port)]
  const name = await createName(member, server, 'token', ada)
  const sealed = await admin('GET', name) as string
  const channel = (await admin('PUBSUB', 'CHANNELS', '*:forget:*') as string[])[0]!
  const beats = await admin('PUBSUB', 'CHANNELS', '*:beat:*') as string[]
  const before = member.received.length
  for (const noise of ['', '{}', '["x",{"sub":"ada"}]', 'A'.repeat(100), sealed, '\0']) {
    for (const one of [channel, ...beats]) await admin('PUBLISH', one, noise)
  }
  await other.cache.forget({ sub: 'the end' })
  await member.hears((forgotten) => 'sub' in forgotten)
  t.same(member.received.slice(before), [{ sub: 'the end' }])
})
