import t from 'tap'
import { ClockMessages } from '../../lib/shared-cache/clock-messages.ts'
import { MAX_MESSAGE_LENGTH } from '../../lib/shared-cache/forget-messages.ts'
import { SharedCacheLog } from '../../lib/shared-cache/shared-cache-log.ts'
import { SharedKey } from '../../lib/shared-cache/shared-key.ts'
import { ManualClock } from '../fixtures/clock.ts'
import { identity } from '../fixtures/fleet.ts'
import type { TestContext } from '../fixtures/guarded-app.ts'
import { createMemoryCommands, type MemoryCommands } from '../fixtures/memory-commands.ts'

const KEYS = ['a', 'b'].map((character) => new SharedKey(character.repeat(32), identity))
const CHANNELS = KEYS.map(({ channel }) => `prefix:clock:${channel}`)

interface Process extends MemoryCommands {
  readonly messages: ClockMessages
  readonly clock: ManualClock
  readonly lines: Array<[fields: object, message: string]>
}

function create (t: TestContext, interval = 600_000): Process {
  const clock = new ManualClock()
  const memory = createMemoryCommands(clock)
  const lines: Process['lines'] = []
  const write = (fields: object, message: string): void => { lines.push([fields, message]) }
  const messages = new ClockMessages(memory.commands, KEYS, 'prefix', clock, new SharedCacheLog({ warn: write, info: write }, clock), interval)
  t.teardown(() => messages.close())
  return Object.assign(memory, { messages, clock, lines })
}

async function pass (milliseconds: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds))
}

const seal = (wall: unknown, sender = 'another'): string => KEYS[1]!.clocks.seal(JSON.stringify([sender, wall]))

t.test('the time is published under every key, soon after the start and then after one to two intervals', async (t) => {
  const process = create(t, 40)
  t.same(process.messages.channels, CHANNELS)
  await pass(41)
  t.same(process.sent.slice(0, 2).map(([command, channel]) => [command, channel]), CHANNELS.map((channel) => ['PUBLISH', channel]))
  t.ok(process.sent.length <= 4, String(process.sent.length))
  await pass(85)
  t.ok(process.sent.length >= 4 && process.sent.length <= 8, String(process.sent.length))
  process.messages.close()
  const { length } = process.sent
  await pass(85)
  t.equal(process.sent.length, length, 'not after it is closed')
})

t.test('a message that agrees postpones the next one, and one that differs does not', async (t) => {
  for (const [difference, isPostponed] of [[5000, true], [-5000, true], [5001, false], [-5001, false]] as const) {
    const process = create(t, 30)
    for (let count = 0; count < 12; count++) {
      await pass(5)
      process.messages.handle(CHANNELS[1]!, seal(process.clock.wall() + difference))
    }
    // The first one may have been sent before.
    if (isPostponed) t.ok(process.sent.length <= 2, `${difference}: ${process.sent.length}`)
    else t.ok(process.sent.length >= 2, `${difference}: ${process.sent.length}`)
  }
})

t.test('a sender whose clock is more than five seconds ahead is logged', async (t) => {
  for (const [ahead, seconds] of [[5000, undefined], [5001, 5], [20_400, 20], [20_600, 21], [-60_000, undefined]] as const) {
    const { messages, clock, lines } = create(t)
    t.ok(messages.handle(CHANNELS[1]!, seal(clock.wall() + ahead)))
    if (seconds === undefined) t.same(lines, [])
    else t.match(lines, [[{ code: 'FST_ZITADEL_SHARED_CLOCK', seconds }, `fastify-zitadel: the clock of another process is ${seconds} s ahead of the clock of this one. At a difference of more than 5 s, responses that were forgotten can be loaded from the shared cache: synchronize the clocks`]])
  }
})

t.test('messages of this process, on other channels, that are not sealed or too long are not read', async (t) => {
  const process = create(t, 1)
  await pass(10)
  process.messages.close()
  process.clock.jump(-60)
  const [, channel, own] = process.sent[1] as [string, string, string]
  t.equal(process.messages.handle(channel, own), true)
  t.equal(process.messages.handle('another', own), false)
  t.equal(process.messages.handle(CHANNELS[0]!, seal(process.clock.wall() + 60_000)), true)
  t.equal(process.messages.handle(channel, 'not sealed'), true)
  t.equal(process.messages.handle(channel, seal(process.clock.wall() + 60_000, 'x'.repeat(MAX_MESSAGE_LENGTH))), true)
  t.same(process.lines, [])
})
