import t from 'tap'
import { hash } from 'node:crypto'
import { SharedEntry } from '../../lib/shared-cache/entry.ts'
import { ForgetMessages } from '../../lib/shared-cache/forget-messages.ts'
import { ForgetSender } from '../../lib/shared-cache/forget-sender.ts'
import { SharedCacheLog } from '../../lib/shared-cache/shared-cache-log.ts'
import { SharedKey } from '../../lib/shared-cache/shared-key.ts'
import { Tombstones } from '../../lib/shared-cache/tombstones.ts'
import { ManualClock } from '../fixtures/clock.ts'
import { ada, identity } from '../fixtures/fleet.ts'
import { createMemoryCommands, type MemoryCommands } from '../fixtures/memory-commands.ts'

const KEY = new SharedKey('a'.repeat(32), identity)
const jti = ada['jti'] as string
const createName = (kind: string, value: string): string => `prefix:forgotten:${KEY.name(kind, value)}`

interface World extends MemoryCommands {
  readonly clock: ManualClock
  readonly sender: ForgetSender
  readonly entry: SharedEntry
  readonly forgotten: unknown[][]
  readonly lines: unknown[][]
  /** What another process receives, in order. */
  readonly received: () => unknown[]
}

function create (): World {
  const clock = new ManualClock()
  const memory = createMemoryCommands(clock)
  const { commands, sent } = memory
  const lines: unknown[][] = []
  const forgotten: unknown[][] = []
  const write = (level: string) => (fields: object): void => { lines.push([level, fields]) }
  const log = new SharedCacheLog({ warn: write('warn'), info: write('info') }, clock)
  const shared = { commands, tombstones: new Tombstones(commands, [KEY], 'prefix', 30_000, clock), keys: [KEY], prefix: 'prefix', ttl: 20_000, lifetime: 30_000, clock }
  const createMessages = (): ForgetMessages => new ForgetMessages(commands, [KEY], 'prefix', clock, () => {})
  const sender = new ForgetSender(shared, createMessages(), log, (...args) => { forgotten.push(args) })
  const received = (): unknown[] => {
    const other = createMessages()
    return sent.flatMap(([command, channel, message]) => command === 'PUBLISH' ? [other.parse(channel!, message!)] : [])
  }
  return Object.assign(memory, { clock, sender, entry: new SharedEntry(shared, 'token'), forgotten, lines, received })
}

const listCommands = ({ sent }: World): string[] => sent.map(([command]) => command!)
const code = 'FST_ZITADEL_SHARED_FORGET'

t.test('a forget is stored, then applied here, then published', async (t) => {
  const world = create()
  t.equal(await world.sender.send({ sub: 'ada' }, 'doubt'), true)
  t.same(listCommands(world), ['SET', 'SET', 'PUBLISH'])
  t.same(world.sent[0]![1], createName('sub', 'ada'))
  t.same(world.forgotten, [[{ sub: 'ada' }, 'doubt']])
  t.same(world.received(), [{ target: { sub: 'ada' }, kind: 'doubt' }])
  t.equal(world.sender.pendingCount, 0)
  t.same(world.lines, [])
})

t.test('a token is forgotten with its jti, which is read from the entry if it is not given, and the entry is deleted', async (t) => {
  for (const given of [{}, { jti }]) {
    const world = create()
    world.entry.store({ response: ada, askedAt: world.clock.monotonic() })
    t.equal(await world.sender.send({ token: 'token', ...given }, 'forget'), true)
    t.same(world.received(), [{ target: { key: hash('sha256', 'token', 'binary'), jti }, kind: 'forget' }])
    for (const name of [createName('token', 'token'), createName('jti', jti)]) t.ok(world.values.has(name))
    t.equal(await world.entry.load(Infinity), undefined)
    t.ok(listCommands(world).includes('DEL'))
  }
  const world = create()
  t.equal(await world.sender.send({ token: 'token' }, 'forget'), true)
  t.same(world.received(), [{ target: { key: hash('sha256', 'token', 'binary') }, kind: 'forget' }])
  t.equal(listCommands(world).filter((command) => command === 'SET').length, 2, 'no mark for a jti that is not known')
})

t.test('a message names a token by its hash in base64url, which other versions of this package read', async (t) => {
  const world = create()
  await world.sender.send({ token: 'token', jti }, 'forget')
  const [, , message] = world.sent.find(([command]) => command === 'PUBLISH')!
  t.same((JSON.parse(KEY.messages.open(message!)!) as unknown[])[1], { key: hash('sha256', 'token', 'base64url'), jti })
})

t.test('what Redis does not store is applied here and published, and is sent again until it is stored', async (t) => {
  for (const [what, failing] of [[{ sub: 'ada' }, createName('sub', 'ada')], [{ token: 'token' }, createName('jti', jti)]] as const) {
    const world = create()
    world.entry.store({ response: ada, askedAt: world.clock.monotonic() })
    world.fails = (_command, name) => name === failing
    t.equal(await world.sender.send(what, 'forget'), false)
    t.equal(world.forgotten.length, 1)
    t.equal(world.received().length, 1)
    t.equal(world.sender.pendingCount, 1)
    t.same(world.lines, [['warn', { code }]])
    await world.sender.sendAgain()
    t.equal(world.received().length, 1, 'a second message without marks has no effect')
    t.equal(world.forgotten.length, 1)
    t.equal(world.sender.pendingCount, 1)
    world.fails = () => false
    await world.sender.sendAgain()
    t.same(world.received().length, 2)
    t.equal(world.forgotten.length, 2)
    t.equal(world.sender.pendingCount, 0)
    t.same(world.lines, [['warn', { code }], ['info', { code, reason: 'SENT', count: 1 }]])
    await world.sender.sendAgain()
    t.equal(world.lines.length, 2)
  }
})

t.test('what was stored and not published is only published again', async (t) => {
  const world = create()
  world.fails = (command) => command === 'PUBLISH'
  t.equal(await world.sender.send({ sub: 'ada' }, 'forget'), false)
  world.fails = () => false
  world.sent.length = 0
  await world.sender.sendAgain()
  t.same(listCommands(world), ['PUBLISH'])
  t.equal(world.forgotten.length, 1)
  t.equal(world.sender.pendingCount, 0)
})

t.test('what was neither stored nor published is both, when Redis accepts it', async (t) => {
  const world = create()
  world.fails = () => true
  t.equal(await world.sender.send({ sub: 'ada' }, 'forget'), false)
  world.fails = (_command, name) => name === createName('sub', 'ada')
  await world.sender.sendAgain()
  t.equal(world.received().length, 2, 'the message has not been published before')
  world.fails = () => false
  await world.sender.sendAgain()
  t.equal(world.sender.pendingCount, 0)
})

t.test('several forgets are sent in their order, until one is not accepted', async (t) => {
  const world = create()
  world.fails = () => true
  for (const sub of ['a', 'b', 'c']) await world.sender.send({ sub }, 'forget')
  t.equal(world.sender.pendingCount, 3)
  world.sent.length = 0
  world.fails = (_command, name) => name === createName('sub', 'b')
  await world.sender.sendAgain()
  t.same(world.received().map((content) => (content as { target: object }).target), [{ sub: 'a' }, { sub: 'b' }])
  t.equal(world.sender.pendingCount, 2)
  t.same(world.lines, [['warn', { code }]], 'not all are sent')
  world.fails = () => false
  await world.sender.sendAgain()
  t.same(world.lines.slice(1), [['info', { code, reason: 'SENT', count: 3 }]])
})

t.test('each line that all were sent follows one that Redis did not accept a forget', async (t) => {
  const world = create()
  const fault = async (): Promise<void> => {
    world.fails = () => true
    await world.sender.send({ sub: 'ada' }, 'forget')
    world.fails = () => false
    await world.sender.sendAgain()
  }
  const pair = [['warn', { code }], ['info', { code, reason: 'SENT', count: 1 }]]
  await fault()
  world.clock.advance(5)
  await fault()
  t.same(world.lines, [...pair, ...pair])
  for (let time = 0; time < 100; time++) await fault()
  t.equal(world.lines.length, 4, 'the number of lines is bounded')
})

t.test('a fault that has returned at once is logged if it lasts', async (t) => {
  const world = create()
  await world.sender.send({ sub: 'ada' }, 'forget')
  for (const fails of [true, false, true]) {
    world.fails = () => fails
    await (fails ? world.sender.send({ sub: 'ada' }, 'forget') : world.sender.sendAgain())
  }
  t.equal(world.lines.length, 2)
  world.clock.advance(3.001)
  await world.sender.sendAgain()
  t.same(world.lines.slice(2), [['warn', { code }]])
})

t.test('one forget is sent at a time, and counts as pending until it is sent', async (t) => {
  const world = create()
  world.fails = () => true
  await world.sender.send({ sub: 'ada' }, 'forget')
  world.fails = () => false
  world.sent.length = 0
  const sending = Promise.all([world.sender.sendAgain(), world.sender.sendAgain()])
  t.equal(world.sender.pendingCount, 1)
  await sending
  t.equal(world.sender.pendingCount, 0)
  t.equal(world.received().length, 1)
})

t.test('close() waits for what is being sent, for the first time or again', async (t) => {
  const world = create()
  const sent = world.sender.send({ sub: 'ada' }, 'forget')
  await world.sender.close()
  t.equal(world.received().length, 1)
  t.equal(await sent, true)
  const other = create()
  other.fails = () => true
  await other.sender.send({ sub: 'bob' }, 'forget')
  other.fails = () => false
  other.sent.length = 0
  const sentAgain = other.sender.sendAgain()
  await other.sender.close()
  t.same(listCommands(other), ['SET', 'SET', 'PUBLISH'])
  await sentAgain
})

t.test('close() sends what Redis did not accept once more', async (t) => {
  const world = create()
  world.fails = () => true
  await world.sender.send({ sub: 'ada' }, 'forget')
  world.sent.length = 0
  world.fails = () => false
  await world.sender.close()
  t.equal(world.received().length, 1)
  t.equal(world.sender.pendingCount, 0)
  t.same(world.lines, [['warn', { code }], ['info', { code, reason: 'SENT', count: 1 }]])
})

t.test('what Redis does not accept until close() ends, or afterwards, is logged and not sent again', async (t) => {
  const world = create()
  world.fails = () => true
  for (const sub of ['ada', 'bob']) await world.sender.send({ sub }, 'forget')
  await world.sender.close()
  t.same(world.lines, [['warn', { code }], ['warn', { code, reason: 'CLOSED', count: 2 }]])
  world.clock.advance(61)
  t.equal(await world.sender.send({ sub: 'eve' }, 'forget'), false)
  t.same(world.forgotten.length, 3)
  t.same(world.lines[2], ['warn', { code, reason: 'CLOSED', count: 1 }])
  t.equal(world.sender.pendingCount, 2)
})

t.test('what no verdict can depend on any more is dropped', async (t) => {
  for (const [seconds, count] of [[39.999, 1], [40, 0]] as const) {
    const world = create()
    world.fails = () => true
    await world.sender.send({ sub: 'ada' }, 'forget')
    world.fails = () => false
    world.sent.length = 0
    world.clock.advance(seconds)
    await world.sender.sendAgain()
    t.equal(world.received().length, count)
    t.equal(world.sender.pendingCount, 0)
  }
})
