import t from 'tap'
import { EventEmitter } from 'node:events'
import type { CommandConnection } from '../../lib/shared-cache/command-connection.ts'
import { RedisCommands } from '../../lib/shared-cache/redis-commands.ts'
import { SharedCacheLog } from '../../lib/shared-cache/shared-cache-log.ts'
import { ManualClock } from '../fixtures/clock.ts'

/** Commands to a client whose reply is given, without a server. */
class World {
  readonly clock = new ManualClock()
  readonly lines: Array<{ code: string, reason: string, command: string, message: string }> = []
  readonly sent: string[] = []
  reply: () => Promise<unknown> = async () => 'OK'
  readonly client = Object.assign(new EventEmitter(), {
    isReady: true,
    duplicate: () => {},
    sendCommand: async (args: string[]) => {
      this.sent.push(args.join(' '))
      return await this.reply()
    }
  })

  attempted: Promise<void> = Promise.resolve()
  isClosed = false
  readonly commands: RedisCommands

  constructor (deadline: number) {
    const write = (fields: object, message: string): void => { this.lines.push({ ...fields, message } as World['lines'][number]) }
    const world = this
    const connection = { client: this.client, isCluster: false, toFailure: (error: unknown) => error, get attempted () { return world.attempted }, get isClosed () { return world.isClosed } } as unknown as CommandConnection
    this.commands = new RedisCommands(connection, deadline, this.clock, new SharedCacheLog({ warn: write, info: write }, this.clock))
  }
}

const fail = (message: string, code?: string) => async (): Promise<never> => { throw Object.assign(new Error(message), { code }) }
const never = async (): Promise<never> => await new Promise(() => {})
const countTimers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length

t.test('the reply of Redis is returned, and leaves no timer', async (t) => {
  const { commands, sent, lines } = new World(60_000)
  const before = countTimers()
  t.equal(await commands.send('SET', 'key', 'value'), 'OK')
  t.equal(await commands.forceSend('EXISTS', 'key'), 'OK')
  t.same(sent, ['SET key value', 'EXISTS key'])
  t.equal(countTimers(), before)
  t.same(lines, [])
})

t.test('after an error reply, the next command is sent', async (t) => {
  const world = new World(2000)
  world.reply = fail('READONLY secret')
  for (let count = 0; count < 2; count++) await t.rejects(world.commands.send('SET', 'key', 'value'), { isReply: true, message: '' })
  t.equal(world.sent.length, 2)
  t.same(world.lines.map(({ code, reason, command }) => [code, reason, command]), [['FST_ZITADEL_SHARED_COMMAND', 'READONLY', 'SET']])
  t.equal(world.lines[0]!.message, 'fastify-zitadel: a command of the shared cache failed: check Redis, its address and its password. Requests go on without it (Redis: READONLY)')
})

t.test('a command that fails because the server closes is not logged', async (t) => {
  const world = new World(2000)
  world.reply = async () => {
    world.isClosed = true
    throw new Error('The client is closed')
  }
  await t.rejects(world.commands.send('SET', 'key', 'value'), { isReply: false, message: '' })
  t.same(world.lines, [])
})

for (const [name, reply, reason] of [['no reply', never, 'DEADLINE'], ['a lost connection', fail('', 'ECONNRESET'), 'ECONNRESET']] as const) {
  t.test(`after ${name}, requests send no command until a command without a request has got a reply`, async (t) => {
    const world = new World(5)
    world.reply = reply
    const keepAlive = setInterval(() => {}, 1000)
    await t.rejects(world.commands.send('GETRANGE', 'key'), { isReply: false, message: '' })
    clearInterval(keepAlive)
    world.reply = async () => 'OK'
    await t.rejects(world.commands.send('GETRANGE', 'key'), { isReply: false, message: '' })
    t.equal(world.sent.length, 1)
    t.same(world.lines.map((line) => line.reason), [reason])
    t.equal(await world.commands.forceSend('PUBLISH', 'channel', ''), 'OK')
    t.equal(await world.commands.send('GETRANGE', 'key'), 'OK')
  })
}

t.test('a failed command without a request does not end that state', async (t) => {
  const world = new World(2000)
  world.reply = fail('', 'ECONNRESET')
  await t.rejects(world.commands.send('GETRANGE', 'key'))
  await t.rejects(world.commands.forceSend('PUBLISH', 'channel', ''))
  world.reply = async () => 'OK'
  await t.rejects(world.commands.send('GETRANGE', 'key'))
})

t.test('a command without a request has a second at least', async (t) => {
  const world = new World(1)
  world.reply = async () => await new Promise((resolve) => setTimeout(resolve, 50, 'late'))
  t.equal(await world.commands.forceSend('PUBLISH', 'channel', ''), 'late')
  const patient = new World(2000)
  patient.reply = async () => await new Promise((resolve) => setTimeout(resolve, 1100, 'later'))
  t.equal(await patient.commands.forceSend('PUBLISH', 'channel', ''), 'later', 'or the deadline')
})

t.test('a cluster is known by its connection', async (t) => {
  for (const isCluster of [true, false]) t.equal(new RedisCommands({ isCluster } as CommandConnection, 2000, new ManualClock(), undefined as unknown as SharedCacheLog).isCluster, isCluster)
})

t.test('a background command never rejects', async (t) => {
  const world = new World(2000)
  world.reply = fail('ERR')
  world.commands.sendInBackground('DEL', 'key')
  await new Promise(setImmediate)
  t.same(world.sent, ['DEL key'])
})

t.test('without a connection nothing is sent, and later commands are', async (t) => {
  const world = new World(2000)
  world.client.isReady = false
  t.notOk(world.commands.isConnected)
  await t.rejects(world.commands.send('GETRANGE', 'key'), { isReply: false, message: '' })
  world.clock.advance(4.999)
  await t.rejects(world.commands.send('GETRANGE', 'key'))
  t.same(world.lines, [], 'the client may be connecting')
  world.clock.advance(0.001)
  await t.rejects(world.commands.send('GETRANGE', 'key'))
  t.same(world.lines.map(({ reason }) => reason), ['NOT_CONNECTED'])
  t.same(world.sent, [])
  world.client.isReady = true
  t.ok(world.commands.isConnected)
  t.equal(await world.commands.send('GETRANGE', 'key'), 'OK')
})

t.test('a command at the start waits for the first attempt to connect', async (t) => {
  const world = new World(2000)
  let onAttempted = (): void => {}
  world.attempted = new Promise((resolve) => { onAttempted = resolve })
  world.client.isReady = false
  const sending = world.commands.send('GETRANGE', 'key')
  await new Promise(setImmediate)
  t.same(world.sent, [])
  world.client.isReady = true
  onAttempted()
  t.equal(await sending, 'OK')
})

t.test('each command that is not permitted has a line', async (t) => {
  const world = new World(2000)
  world.reply = fail('NOPERM secret')
  for (const command of ['SET', 'SET', 'DEL']) await t.rejects(world.commands.send(command, 'key'))
  t.same(world.lines.map(({ message }) => message), ['SET', 'DEL'].map((command) => `fastify-zitadel: Redis does not permit the command ${command}, or not on the keys and channels of the shared cache. Requests go on without it (Redis: NOPERM)`))
  world.reply = fail('ERR')
  for (const command of ['SET', 'DEL']) await t.rejects(world.commands.send(command, 'key'))
  t.equal(world.lines.length, 3, 'other failures have one line for all commands')
})

t.test('a late reply or failure changes nothing', async (t) => {
  const world = new World(1)
  let settle = (_error: Error): void => {}
  world.reply = async () => await new Promise((_resolve, reject) => { settle = reject })
  const keepAlive = setInterval(() => {}, 1000)
  await t.rejects(world.commands.send('GETRANGE', 'key'))
  clearInterval(keepAlive)
  settle(new Error('READONLY'))
  await new Promise(setImmediate)
  t.same(world.lines.map(({ reason }) => reason), ['DEADLINE'])
})
