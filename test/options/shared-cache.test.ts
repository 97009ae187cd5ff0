import t from 'tap'
import { EventEmitter } from 'node:events'
import { Cluster as IoredisCluster } from 'ioredis'
import { Cluster as IovalkeyCluster } from 'iovalkey'
import { createClientPool, createCluster, createSentinel } from 'redis'
import { createConfig } from '../../lib/options/config.ts'
import type { SharedCacheOptions } from '../../lib/options/shared-cache-options.ts'

const duplicate = (): void => {}
const client = Object.assign(new EventEmitter(), { duplicate, call: async () => {}, status: 'ready' }) as unknown as SharedCacheOptions['client']
const key = 'k'.repeat(32)

const configured = (shared: SharedCacheOptions): void => { createConfig({ introspect: async () => ({ active: false }), cache: { shared } }, {}) }

t.test('complete and correct options are accepted', async (t) => {
  configured({ client })
  configured({ client, key, prefix: 'a:b', deadline: 1, wait: 0 })
  configured({ client, key: [key, key], prefix: undefined, deadline: undefined, wait: undefined })
  configured({ client: Object.assign(new EventEmitter(), { duplicate, sendCommand: async () => {}, isReady: false }) as never })
  t.pass()
})

t.test('a wrong, missing or unknown option stops the start, and the message has its name and not its value', async (t) => {
  const refused = (given: unknown, message: RegExp): void => {
    t.throws(() => configured(given as SharedCacheOptions), { code: 'FST_ZITADEL_OPTION', message })
  }
  refused(null, /"cache\.shared" must be an object/)
  refused('redis://', /"cache\.shared" must be an object/)
  refused({}, /"cache\.shared\.client" is missing: it must be a client of ioredis, iovalkey or node-redis/)
  for (const wrong of [null, 'redis://localhost', {}, new EventEmitter(), { duplicate, call: duplicate, status: 'ready' }, Object.assign(new EventEmitter(), { duplicate, call: duplicate }), Object.assign(new EventEmitter(), { duplicate }), Object.assign(new EventEmitter(), { duplicate, sendCommand: duplicate })]) refused({ client: wrong }, /"cache\.shared\.client" must/)
  refused({ client: Promise.resolve(client) }, /"cache\.shared\.client" must .* \(it is a promise: await it\)/)
  for (const wrong of ['', 'k'.repeat(31), [], [key, key, key], [key, 'short'], 7, Array(1)]) refused({ client, key: wrong }, /"cache\.shared\.key" must be one or two strings of at least 32/)
  for (const wrong of ['', 'with space', 'ü', 'p'.repeat(101), 1]) refused({ client, prefix: wrong }, /"cache\.shared\.prefix" must/)
  for (const wrong of [0, 1.5, -1, NaN, 10_001, '5']) refused({ client, deadline: wrong }, /"cache\.shared\.deadline" must/)
  for (const wrong of [-1, 0.5, Infinity, 60_001, true]) refused({ client, wait: wrong }, /"cache\.shared\.wait" must/)
  refused({ client, url: 'redis://' }, /unknown option "cache\.shared\.url"/)
  refused({ client, constructor: 1 }, /unknown option "cache\.shared\.constructor"/)
})

t.test('clusters and sentinels are accepted', async (t) => {
  configured({ client: new IoredisCluster([], { lazyConnect: true }) })
  configured({ client: new IovalkeyCluster([], { lazyConnect: true }) })
  configured({ client: createCluster({ rootNodes: [] }) })
  configured({ client: createSentinel({ name: 'orders', sentinelRootNodes: [] }) })
  t.pass()
})

t.test('pools, and clusters that read from replicas, stop the start', async (t) => {
  const readers = [IoredisCluster, IovalkeyCluster].flatMap((Cluster) => [new Cluster([], { lazyConnect: true, scaleReads: 'all' }), new Cluster([], { lazyConnect: true, scaleReads: () => [] })])
  for (const wrong of [createClientPool(), ...readers]) {
    t.throws(() => configured({ client: wrong as never }), { message: /no pool, no "scaleReads"/ })
  }
  const cluster = { duplicate, call: async () => {}, status: 'ready', isCluster: true, nodes: () => [] }
  for (const like of [cluster, { ...cluster, options: {} }]) configured({ client: Object.assign(new EventEmitter(), like) as never })
})
