import t from 'tap'
import { ForgetMessages, MAX_MESSAGE_LENGTH } from '../../lib/shared-cache/forget-messages.ts'
import type { VerdictTarget } from '../../lib/zitadel/verdict-target.ts'
import { SharedKey } from '../../lib/shared-cache/shared-key.ts'
import { ManualClock } from '../fixtures/clock.ts'
import { identity } from '../fixtures/fleet.ts'
import { createMemoryCommands, type MemoryCommands } from '../fixtures/memory-commands.ts'

const KEYS = ['a', 'b'].map((character) => new SharedKey(character.repeat(32), identity))
const CHANNELS = KEYS.map(({ channel }) => `prefix:forget:${channel}`)
const clock = new ManualClock()

interface Process extends MemoryCommands {
  readonly messages: ForgetMessages
  readonly clocks: number[]
}

function create (keys: readonly SharedKey[] = KEYS): Process {
  const memory = createMemoryCommands(clock)
  const clocks: number[] = []
  return Object.assign(memory, { clocks, messages: new ForgetMessages(memory.commands, keys, 'prefix', clock, (wall) => { clocks.push(wall) }) })
}

t.test('a message is published under every key, and another process reads it once', async (t) => {
  const [one, other] = [create(), create()]
  t.same(one.messages.channels, CHANNELS)
  for (const [target, kind] of [[{ sub: 'ada' }, 'doubt'], [{ all: true }, 'forget']] as const) {
    one.sent.length = 0
    other.clocks.length = 0
    t.equal(await one.messages.publish(target, kind), true)
    t.same(one.sent.map(([command, channel]) => [command, channel]), CHANNELS.map((channel) => ['PUBLISH', channel]))
    const [, channel, message] = one.sent[1] as [string, string, string]
    t.same(other.messages.parse(channel, message), { target, kind })
    t.same(other.clocks, [clock.wall()])
    t.equal(other.messages.parse(channel, message), undefined, 'a repeat')
    t.equal(one.messages.parse(channel, message), undefined, 'of the same process')
    t.same(one.clocks, [])
    t.equal(create().messages.parse(CHANNELS[0]!, message), undefined, 'on the channel of another key')
    t.equal(create().messages.parse('another', message), undefined)
    t.equal(create().messages.parse(channel, `${message}A`), undefined)
  }
})

t.test('a message is not published if Redis rejects it under one key, or if it is too long', async (t) => {
  for (const channel of CHANNELS) {
    const process = create()
    process.fails = (_command, name) => name === channel
    t.equal(await process.messages.publish({ sub: 'ada' }, 'forget'), false)
    t.equal(process.sent.length, 2)
  }
  const { messages, sent } = create()
  t.equal(await messages.publish({ sub: 'x'.repeat(MAX_MESSAGE_LENGTH) }, 'forget'), false)
  t.same(sent, [])
})

t.test('the longest message is sent and read, and a longer one is neither', async (t) => {
  const process = create(KEYS.slice(0, 1))
  let sub = 'x'.repeat(12_000)
  while (await process.messages.publish({ sub }, 'forget')) sub += 'x'
  const [, channel, message] = process.sent.at(-1) as [string, string, string]
  t.ok(message.length <= MAX_MESSAGE_LENGTH && message.length > MAX_MESSAGE_LENGTH - 3, String(message.length))
  t.match(create().messages.parse(channel, message), { kind: 'forget' })
  const long = KEYS[0]!.messages.seal(JSON.stringify(['id', { sub: 'x'.repeat(13_000) }, 'forget']))
  t.equal(create().messages.parse(channel, long), undefined)
})

t.test('messages of other versions are read: without a kind and a time, or with a kind that is not known', async (t) => {
  const target: VerdictTarget = { jti: 'V2_1-at_2' }
  for (const [rest, clocks] of [[[], []], [['another', 5], [5]]] as const) {
    const process = create()
    t.same(process.messages.parse(CHANNELS[0]!, KEYS[0]!.messages.seal(JSON.stringify(['id', target, ...rest]))), { target, kind: 'forget' })
    t.same(process.clocks, clocks)
  }
})

t.test('the last thousand messages are known', async (t) => {
  const { messages } = create()
  const read = (message: string): boolean => messages.parse(CHANNELS[0]!, message) !== undefined
  const [first, ...others] = Array.from({ length: 1001 }, (_, index) => KEYS[0]!.messages.seal(JSON.stringify(['id', { sub: `user${index}` }, 'forget']))) as [string, ...string[]]
  t.ok(read(first))
  for (const message of others.slice(0, -1)) read(message)
  t.notOk(read(first))
  t.ok(read(others.at(-1)!))
  t.ok(read(first), 'it was the oldest')
  t.notOk(read(others.at(-1)!))
})
