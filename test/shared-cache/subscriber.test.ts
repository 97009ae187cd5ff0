import t from 'tap'
import { EventEmitter } from 'node:events'
import type { RedisLike } from '../../lib/options/shared-cache-options.ts'
import { openSubscriber } from '../../lib/shared-cache/subscriber.ts'

interface Opened {
  readonly calls: string[]
  readonly connection: EventEmitter
  readonly overrides: unknown[]
  readonly close: () => void
  /** Delivers a message as the client does. */
  readonly deliver: (channel: string, message: string) => void
}

/** Opens a subscriber on a client with the members of one of the packages. */
function openOn (members: object, own: object = {}): Opened {
  const calls: string[] = []
  const overrides: unknown[] = []
  let onMessage = (_message: string, _channel: string): void => {}
  const connection: EventEmitter = Object.assign(new EventEmitter(), {
    connect: async () => { calls.push('connect') },
    subscribe: async (...args: [string[], typeof onMessage] | string[]) => {
      calls.push(`subscribe ${String(args[0])}${typeof args[1] === 'string' ? `,${args[1]}` : ''}`)
      if (typeof args[1] === 'function') onMessage = args[1]
    },
    disconnect: () => { calls.push('disconnected') },
    ...own
  })
  const client = Object.assign(new EventEmitter(), {
    duplicate: (given: unknown) => {
      overrides.push(given)
      return connection
    },
    ...members
  }) as unknown as RedisLike
  const record = (name: string) => (...args: unknown[]): void => { calls.push([name, ...args].join(' ')) }
  const close = openSubscriber(client, ['a', 'b'], {
    onSubscribed: () => { calls.push('subscribed') }, onMessage: record('message'), onInterrupted: record('interrupted'), onInvalidMessage: record('invalid'), onEnd: record('ended'), onFailed: record('failed')
  })!
  connection.emit('ready')
  return { calls, connection, overrides, close, deliver: (channel, message) => 'call' in client ? connection.emit('message', channel, message) : onMessage(message, channel) }
}

const settle = async (): Promise<void> => await new Promise(setImmediate)
const ioredis = { call: async () => {}, status: 'ready' }
const nodeRedis = { sendCommand: async () => {}, isReady: true }

for (const [kind, members] of Object.entries({ ioredis, nodeRedis })) {
  t.test(`${kind}: subscribes, and passes on messages and what happens to the connection`, async (t) => {
    const { calls, connection, deliver } = openOn(members)
    await settle()
    t.same(calls.splice(0), [...kind === 'ioredis' ? [] : ['connect'], 'subscribe a,b', 'subscribed'])
    deliver('a', 'text')
    t.same(calls.splice(0), ['message a text'])
    for (const event of ['error', 'close', 'reconnecting', 'topology-change']) {
      connection.emit(event)
      t.same(calls.splice(0), ['interrupted'], event)
    }
    connection.emit('end')
    t.same(calls.splice(0), ['interrupted', 'ended'])
  })

  t.test(`${kind}: after it is closed, it calls no listener`, async (t) => {
    const { calls, connection, close, deliver } = openOn(members)
    await settle()
    calls.splice(0)
    close()
    for (const event of ['error', 'close', 'end', 'reconnecting']) connection.emit(event)
    deliver('a', 'text')
    t.same(calls, ['disconnected'])
  })

  t.test(`${kind}: a subscription that fails is reported, unless it was closed`, async (t) => {
    const fail = { subscribe: async () => { throw new Error('NOPERM') } }
    const { calls } = openOn(members, fail)
    await settle()
    t.same(calls.filter((call) => call !== 'connect'), ['failed Error: NOPERM'])
    const closed = openOn(members, fail)
    closed.close()
    await settle()
    t.notMatch(closed.calls.join(), 'failed')
  })
}

t.test('ioredis: it subscribes after each reconnect, and reports each failure', async (t) => {
  const { calls, connection, close } = openOn(ioredis, { subscribe: async () => { throw new Error('NOPERM') } })
  connection.emit('ready')
  await settle()
  t.same(calls, ['failed Error: NOPERM', 'failed Error: NOPERM'])
  close()
  connection.emit('ready')
  await settle()
  t.equal(calls.length, 3, 'not after it is closed')
})

t.test('a client of node-redis that is closed while it connects is closed again, and does not subscribe', async (t) => {
  const { calls, close } = openOn(nodeRedis)
  close()
  await settle()
  t.same(calls, ['connect', 'disconnected', 'disconnected'])
})

t.test('a connection is destroyed if its client can do that, and errors of that are ignored', async (t) => {
  for (const destroy of [() => { throw new Error('ended') }, async () => { throw new Error('ended') }]) {
    const calls: string[] = []
    const { close } = openOn(nodeRedis, { destroy: () => { calls.push('destroyed'); return destroy() } })
    await settle()
    close()
    await settle()
    t.same(calls, ['destroyed'])
  }
})

t.test('a connection of ioredis keeps no command, and one to a node of a cluster is not opened again', async (t) => {
  const kept = { lazyConnect: false, maxRetriesPerRequest: 0, autoResubscribe: false }
  t.same(openOn(ioredis).overrides, [kept])
  const node = openOn(ioredis)
  const client = Object.assign(new EventEmitter(), { ...ioredis, isCluster: true, nodes: (role: string) => role === 'master' ? [{ call: async () => {}, duplicate: (given: unknown) => { node.overrides.push(given); return node.connection } }] : [] }) as unknown as RedisLike
  const listeners = { onSubscribed () {}, onMessage () {}, onInterrupted () {}, onInvalidMessage () {}, onEnd () {}, onFailed () {} }
  t.type(openSubscriber(client, ['a'], listeners), 'function')
  t.same(node.overrides[1], { ...kept, retryStrategy: null })
  t.equal(openSubscriber(Object.assign(new EventEmitter(), { ...ioredis, isCluster: true, nodes: () => [] }) as unknown as RedisLike, ['a'], listeners), undefined)
})
