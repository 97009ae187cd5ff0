import t from 'tap'
import { RedisCommandError } from '../../lib/shared-cache/command-failure.ts'
import { Heartbeat } from '../../lib/shared-cache/heartbeat.ts'
import type { RedisCommands } from '../../lib/shared-cache/redis-commands.ts'

function create (): { heartbeat: Heartbeat, sent: string[][], commands: { isConnected: boolean, reply: () => Promise<unknown> } } {
  const sent: string[][] = []
  const commands = {
    isConnected: true,
    reply: async (): Promise<unknown> => 1,
    forceSend: async (...args: string[]) => {
      sent.push(args)
      return await commands.reply()
    }
  }
  return { heartbeat: new Heartbeat(commands as unknown as RedisCommands, 'prefix'), sent, commands }
}

const state = ({ isReplying, isMissing }: Heartbeat): object => ({ isReplying, isMissing })

t.test('a message that Redis accepts is missing until it is received once', async (t) => {
  const { heartbeat, sent } = create()
  t.same(state(heartbeat), { isReplying: false, isMissing: false })
  await heartbeat.publish()
  const [[command, channel, text]] = sent as [[string, string, string]]
  t.same([command, channel], ['PUBLISH', heartbeat.channel])
  t.same(state(heartbeat), { isReplying: true, isMissing: true })
  t.notOk(heartbeat.receive('another'))
  t.same(state(heartbeat), { isReplying: true, isMissing: true })
  t.ok(heartbeat.receive(text))
  t.same(state(heartbeat), { isReplying: true, isMissing: false })
  t.notOk(heartbeat.receive(text))
})

t.test('only the latest message counts', async (t) => {
  const { heartbeat, sent } = create()
  await heartbeat.publish()
  await heartbeat.publish()
  t.not(sent[0]![2], sent[1]![2])
  t.notOk(heartbeat.receive(sent[0]![2]!))
  t.ok(heartbeat.receive(sent[1]![2]!))
})

t.test('a message can be received before the reply', async (t) => {
  const { heartbeat, sent, commands } = create()
  commands.reply = async () => {
    t.notOk(heartbeat.isMissing, 'not before the reply')
    return heartbeat.receive(sent[0]![2]!)
  }
  await heartbeat.publish()
  t.same(state(heartbeat), { isReplying: true, isMissing: false })
})

t.test('after an error reply, messages are missing', async (t) => {
  const { heartbeat, commands } = create()
  commands.reply = async () => { throw new RedisCommandError(true) }
  await heartbeat.publish()
  t.same(state(heartbeat), { isReplying: true, isMissing: true })
})

t.test('without a reply, the message is not expected', async (t) => {
  for (const error of [new RedisCommandError(false), Object.assign(new Error(), { isReply: true })]) {
    const { heartbeat, commands } = create()
    await heartbeat.publish()
    commands.reply = async () => { throw error }
    await heartbeat.publish()
    t.same(state(heartbeat), { isReplying: false, isMissing: false })
  }
})

t.test('without a connection nothing is published', async (t) => {
  const { heartbeat, sent, commands } = create()
  await heartbeat.publish()
  commands.isConnected = false
  await heartbeat.publish()
  t.equal(sent.length, 1)
  t.same(state(heartbeat), { isReplying: false, isMissing: false })
})

t.test('each process has a channel of its own under the prefix', async (t) => {
  const channels = [create(), create()].map(({ heartbeat }) => heartbeat.channel)
  for (const channel of channels) t.match(channel, /^prefix:beat:[\da-f-]{36}$/)
  t.not(channels[0], channels[1])
})
