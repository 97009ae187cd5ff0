import t from 'tap'
import { EventEmitter } from 'node:events'
import type { NodeRedisClient, NodeRedisCluster, RedisLike } from '../../lib/options/shared-cache-options.ts'
import { isConnected, pickMaster, pickRandom, sendCommand } from '../../lib/shared-cache/redis-client.ts'
import { isIoredisCluster, isNodeRedisCluster, isSentinel } from '../../lib/options/redis-kind.ts'

/** A client with some members of one of the packages. */
function createClient (members: object): RedisLike {
  return Object.assign(new EventEmitter(), { duplicate: () => {} }, members) as unknown as RedisLike
}

const call = async (...args: string[]): Promise<string> => args.join(' ')
const ioredis = createClient({ call, status: 'ready' })
const cluster = createClient({ call, status: 'ready', isCluster: true, nodes: () => [] })
const nodeRedis = createClient({ sendCommand: async (args: string[]) => args.join(' '), isReady: true })
const sentinel = createClient({ sendCommand: async (isReadonly: boolean, args: string[]) => `${isReadonly}: ${args.join(' ')}`, isReady: true, getSentinelNode: () => {} })

function createCluster (...masters: Array<Partial<NodeRedisClient> | undefined>): NodeRedisCluster {
  return createClient({ sendCommand: async (key: string, isReadonly: boolean, args: string[]) => `${key} ${isReadonly}: ${args.join(' ')}`, masters: masters.map((client) => ({ client })) }) as NodeRedisCluster
}

t.test('kinds of clients are told apart', async (t) => {
  const clients = [ioredis, createClient({ call, status: 'ready', isCluster: false }), cluster, nodeRedis, sentinel, createCluster()]
  t.same(clients.map(isIoredisCluster), [false, false, true, false, false, false])
  t.same(clients.map(isNodeRedisCluster), [false, false, false, false, false, true])
  t.same(clients.map(isSentinel), [false, false, false, false, true, false])
})

t.test('a client is connected if it would send a command now', async (t) => {
  for (const status of ['wait', 'ready']) t.ok(isConnected(createClient({ call, status })), status)
  for (const status of ['connecting', 'connect', 'close', 'reconnecting', 'end']) t.notOk(isConnected(createClient({ call, status })), status)
  for (const isReady of [true, false]) t.equal(isConnected(createClient({ isReady, sendCommand: call })), isReady)
  t.ok(isConnected(createCluster(undefined, { isReady: false }, { isReady: true })))
  t.notOk(isConnected(createCluster(undefined, { isReady: false })))
})

t.test('a command goes to a master', async (t) => {
  t.equal(await sendCommand(ioredis, ['SET', 'key', 'value', 'NX']), 'SET key value NX')
  t.equal(await sendCommand(nodeRedis, ['SET', 'key', 'value']), 'SET key value')
  t.equal(await sendCommand(sentinel, ['SET', 'key', 'value']), 'false: SET key value')
  const cluster = createCluster({ isReady: true, sendCommand: async (args) => `a master: ${args.join(' ')}` })
  t.equal(await sendCommand(cluster, ['SET', 'key', 'value']), 'key false: SET key value')
  t.equal(await sendCommand(cluster, ['PUBLISH', 'channel', 'message']), 'a master: PUBLISH channel message')
})

t.test('replies are the same with all configurations of clients', async (t) => {
  const send = async (reply: unknown, command: string): Promise<unknown> => await sendCommand(createClient({ isReady: true, sendCommand: async () => reply }), [command, 'key'])
  for (const command of ['EXISTS', 'DEL']) {
    for (const reply of [1, '1', Buffer.from('1')]) t.equal(await send(reply, command), 1, command)
    t.equal(await send('123456789012345', command), 123456789012345)
    for (const reply of ['1234567890123456', '', '1x', 'x1', '-1', null, ['1'], Object.create(null)]) t.equal(await send(reply, command), reply, `${command}: ${JSON.stringify(reply)}`)
  }
  for (const reply of ['1', Buffer.from('1')]) t.equal(await send(reply, 'GETRANGE'), '1')
})

t.test('any master that is connected can be picked, and no other', async (t) => {
  const masters = [{ isReady: true, name: 'a' }, { isReady: false }, undefined, { isReady: true, name: 'b' }, { isReady: true, name: 'c' }] as Array<{ name: string } & Partial<NodeRedisClient>>
  const picked = new Set<unknown>()
  for (let count = 0; count < 300; count++) picked.add((pickMaster(createCluster(...masters)) as unknown as { name: string }).name)
  t.same([...picked].sort(), ['a', 'b', 'c'])
  t.equal(pickMaster(createCluster(undefined)), undefined)
  t.equal(pickRandom([]), undefined)
})
