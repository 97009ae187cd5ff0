import t from 'tap'
import { EventEmitter } from 'node:events'
import type { RedisLike } from '../../lib/options/shared-cache-options.ts'
import { RedisCommandError } from '../../lib/shared-cache/command-failure.ts'
import type { RedisCommands } from '../../lib/shared-cache/redis-commands.ts'
import { Subscription } from '../../lib/shared-cache/subscription.ts'
import type { TestContext } from '../fixtures/guarded-app.ts'

type Connection = EventEmitter & { deliver: (message: string, channel: string) => void, isClosed: boolean }

interface Options {
  readonly heartbeat?: number
  readonly silence?: number
  readonly subscribe?: () => Promise<void>
}

/** A subscription without a server: a test delivers its messages. */
class World {
  readonly calls: string[] = []
  readonly connections: Connection[] = []
  readonly published: Array<[channel: string, message: string]> = []
  readonly failures: string[] = []
  reopened = 0
  /** How many of the next heartbeats are not delivered. */
  losses = 0
  isConnected = true
  reply: () => Promise<unknown> = async () => 1
  onCall = (): void => {}
  onAttempted = (): void => {}
  readonly subscription: Subscription

  constructor (t: TestContext, { heartbeat = 600_000, silence = 600_000, subscribe = async () => {} }: Options = {}, attempted: Promise<void> = Promise.resolve()) {
    const world = this
    const client = Object.assign(new EventEmitter(), { sendCommand: async () => {}, isReady: true, duplicate: () => this.#connect(subscribe) }) as unknown as RedisLike
    const commands = {
      get isConnected () { return world.isConnected },
      connection: { attempted, reopen: () => { this.reopened++ } },
      reportFailure: (command: string, error: Error) => { this.failures.push(`${command} ${error.message}`) },
      forceSend: async (_command: string, channel: string, message: string) => {
        this.published.push([channel, message])
        if (this.losses > 0) this.losses--
        else setImmediate(() => this.deliver(channel, message))
        return await this.reply()
      }
    } as unknown as RedisCommands
    const record = (name: string) => (...args: unknown[]): void => {
      this.calls.push([name, ...args].join(' '))
      this.onCall()
    }
    const listeners = { onMessage: record('message'), onGap: record('gap'), onReply: record('reply'), onNotDelivered: record('not delivered'), onInvalidMessage: record('invalid'), onCutOffChange: record('cut off') }
    this.subscription = new Subscription(client, commands, 'prefix', ['a'], listeners, { heartbeat, silence, clock: 600_000 })
    const keepAlive = setInterval(() => {}, 1000)
    t.teardown(() => {
      clearInterval(keepAlive)
      this.subscription.close()
    })
  }

  #connect (subscribe: () => Promise<void>): Connection {
    const connection = Object.assign(new EventEmitter(), {
      isClosed: false,
      deliver: (_message: string, _channel: string): void => {},
      connect: async () => {},
      disconnect: () => { connection.isClosed = true },
      subscribe: async (_channels: string[], listener: Connection['deliver']) => {
        connection.deliver = listener
        await subscribe()
      }
    })
    this.connections.push(connection)
    return connection
  }

  deliver (channel: string, message: string): void {
    this.connections.at(-1)!.deliver(message, channel)
  }

  /** Resolves when there were that many calls of a listener. */
  async hears (name: string, count = 1): Promise<void> {
    await new Promise<void>((resolve) => {
      const look = (): void => { if (this.count(name) >= count) resolve() }
      this.onCall = look
      look()
    })
  }

  count (name: string): number {
    return this.calls.filter((call) => call === name).length
  }
}

const settle = async (): Promise<void> => {
  for (let count = 0; count < 3; count++) await new Promise(setImmediate)
}

t.test('the first heartbeat is published at once, and messages count from its arrival on', async (t) => {
  const world = new World(t)
  t.notOk(world.subscription.isHealthy)
  await settle()
  t.ok(world.subscription.isHealthy)
  t.same(world.calls, ['reply', 'gap false'])
  t.equal(world.published.length, 1)
  world.deliver('a', 'text')
  t.equal(world.calls.at(-1), 'message a text')
  world.deliver(world.published[0]![0], 'not a heartbeat')
  t.equal(world.calls.length, 3, 'other messages on the channel of the heartbeat are ignored')
})

t.test('the first heartbeat waits for the connection of the commands', async (t) => {
  let onAttempted = (): void => {}
  const world = new World(t, {}, new Promise((resolve) => { onAttempted = resolve }))
  await settle()
  t.equal(world.published.length, 0)
  onAttempted()
  await settle()
  t.equal(world.published.length, 1)
})

t.test('while heartbeats arrive, there is one gap, and no second connection', async (t) => {
  const world = new World(t, { heartbeat: 2 })
  await world.hears('reply', 8)
  t.equal(world.count('gap false'), 1)
  t.equal(world.connections.length, 1)
  t.ok(world.reopened >= 6)
  t.equal(new Set(world.published.map(([channel]) => channel)).size, 1)
})

t.test('an interruption is unhealthy until the next heartbeat arrives', async (t) => {
  const world = new World(t, { heartbeat: 2 })
  await world.hears('gap false')
  world.connections[0]!.emit('reconnecting')
  t.notOk(world.subscription.isHealthy)
  await world.hears('gap false', 2)
  t.ok(world.subscription.isHealthy)
})

t.test('each heartbeat that is not delivered is a gap, all but the first are reported, and the connection is replaced less and less often', async (t) => {
  const world = new World(t, { heartbeat: 2 })
  world.losses = Infinity
  const counts: number[] = []
  for (let connections = 2; connections <= 4; connections++) {
    while (world.connections.length < connections) await new Promise((resolve) => setTimeout(resolve, 1))
    counts.push(world.count('gap false'))
  }
  t.same(counts, [2, 6, 14])
  t.equal(world.count('not delivered'), world.count('gap false') - 1)
  t.same(world.connections.map(({ isClosed }) => isClosed), [true, true, true, false])
  t.notOk(world.subscription.isHealthy)
  world.losses = 0
  while (!world.subscription.isHealthy) await new Promise((resolve) => setTimeout(resolve, 1))
  world.losses = Infinity
  const { length } = world.connections
  const before = world.count('gap false')
  while (world.connections.length === length) await new Promise((resolve) => setTimeout(resolve, 1))
  t.equal(world.count('gap false'), before + 2, 'a heartbeat that arrives resets the number')
})

t.test('one lost heartbeat is not reported', async (t) => {
  const world = new World(t, { heartbeat: 2 })
  await world.hears('gap false')
  world.losses = 1
  // The gap itself, and the arrival of the next one.
  await world.hears('gap false', 3)
  await world.hears('reply', world.count('reply') + 5)
  t.same([world.count('gap false'), world.count('not delivered'), world.connections.length], [3, 0, 1])
})

t.test('a heartbeat without a reply is no gap', async (t) => {
  const world = new World(t, { heartbeat: 2 })
  world.losses = Infinity
  world.reply = async () => { throw new RedisCommandError() }
  while (world.published.length < 8) await new Promise((resolve) => setTimeout(resolve, 1))
  t.same(world.calls, [])
  t.equal(world.connections.length, 1)
})

t.test('a process without replies is cut off again and again, until a heartbeat arrives', async (t) => {
  const world = new World(t, { heartbeat: 5, silence: 10 })
  world.isConnected = false
  await world.hears('gap true', 3)
  t.equal(world.count('cut off true'), 1)
  t.notOk(world.subscription.isHealthy)
  world.isConnected = true
  await world.hears('cut off false')
  await world.hears('gap false')
  t.ok(world.subscription.isHealthy)
})

t.test('a process with replies is not cut off', async (t) => {
  const world = new World(t, { heartbeat: 1, silence: 5 })
  world.losses = Infinity
  await world.hears('gap false', 10)
  await new Promise((resolve) => setTimeout(resolve, 30))
  t.equal(world.count('gap true'), 0)
})

t.test('heartbeats that arrive end the silence', async (t) => {
  const world = new World(t, { heartbeat: 2, silence: 100 })
  await world.hears('reply', 5)
  world.reply = async () => { throw new RedisCommandError() }
  await new Promise((resolve) => setTimeout(resolve, 200))
  t.equal(world.count('gap true'), 0)
})

t.test('a connection that has ended is replaced at the next check', async (t) => {
  const world = new World(t, { heartbeat: 5 })
  await world.hears('gap false')
  world.connections[0]!.emit('end')
  t.ok(world.connections[0]!.isClosed)
  await world.hears('gap false', 2)
  t.equal(world.connections.length, 2)
})

t.test('an error reply to SUBSCRIBE is reported, and a lost connection is not', async (t) => {
  const failures = ['NOPERM', 'ECONNRESET'].map((message) => new World(t, { subscribe: async () => { throw new Error(message) } }))
  await settle()
  t.same(failures.map((world) => world.failures), [['SUBSCRIBE NOPERM'], []])
})

t.test('after it is closed, nothing happens', async (t) => {
  const world = new World(t, { heartbeat: 1, silence: 2 })
  await world.hears('reply', 2)
  world.subscription.close()
  t.ok(world.connections[0]!.isClosed)
  const before = [world.calls.length, world.published.length, world.connections.length, world.reopened]
  await new Promise((resolve) => setTimeout(resolve, 20))
  t.same([world.calls.filter((call) => call !== 'reply').length + world.count('reply'), world.published.length, world.connections.length, world.reopened], before)
})
