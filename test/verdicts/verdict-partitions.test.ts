import t from 'tap'
import { CachePartition } from '../../lib/verdicts/cache-partition.ts'
import { KnownTokens } from '../../lib/verdicts/known-tokens.ts'
import { VerdictCache } from '../../lib/verdicts/verdict-cache.ts'
import { VerdictPartitions } from '../../lib/verdicts/verdict-partitions.ts'
import type { Verdict } from '../../lib/verdicts/verdict.ts'
import { ManualClock } from '../fixtures/clock.ts'
import { createIntrospectedVerdict } from '../fixtures/verdict.ts'

const BOUNDS = { isEnabled: true, ttl: 30, inactiveTtl: 5, staleIfError: 0, max: 20, maxBytes: 2 ** 20 }
const active = (claims: object = {}, askedAt = 0): Verdict => createIntrospectedVerdict({ active: true, sub: 'ada', ...claims }, askedAt)
const inactive = (askedAt = 0): Verdict => createIntrospectedVerdict({ active: false, sub: 'ada' }, askedAt)
const heavy = { text: 'x'.repeat(20_000) }

t.test('each kind of verdict is used until its ttl ends', async (t) => {
  const store = new VerdictPartitions(BOUNDS, new ManualClock())
  for (const [verdict, ttl] of [[active(), 30_000], [active(heavy), 30_000], [inactive(), 5000]] as const) {
    store.set('key', verdict)
    t.equal(store.get('key', ttl - 1, Infinity), verdict)
    t.equal(store.get('key', ttl, Infinity), undefined)
    t.equal(store.get('key', 10, 10), undefined)
    t.equal(store.get('key', 9, 10), verdict)
    verdict.gapCheck = { trustedUntil: 100, confirmableUntil: 100, isConfirmed: false }
    t.equal(store.get('key', 99, Infinity), verdict)
    t.equal(store.get('key', 100, Infinity), undefined)
    t.equal(store.peek('key'), verdict)
    t.match(store.counts, { activeVerdicts: verdict.granted === undefined ? 0 : 1, inactiveVerdicts: verdict.granted === undefined ? 1 : 0 })
  }
})

t.test('heavy and inactive verdicts have a tenth of the number each', async (t) => {
  const store = new VerdictPartitions(BOUNDS, new ManualClock())
  for (let index = 0; index < 30; index++) {
    store.set(`active${index}`, active())
    store.set(`heavy${index}`, active(heavy))
    store.set(`inactive${index}`, inactive())
  }
  t.match(store.counts, { activeVerdicts: 22, inactiveVerdicts: 2 })
  t.same([...store.find({ sub: 'ada' })].length, 24, 'an evicted verdict is not found any more')
})

t.test('a partition keeps a verdict of exactly its bytes, and none that is larger', async (t) => {
  const partition = new CachePartition({ max: 10, maxBytes: 100, ttl: 10 }, () => {})
  t.equal(partition.set('a', active(), 100), true)
  t.equal(partition.set('b', active(), 101), false)
  t.equal(partition.count, 1)
  t.equal(partition.bytes, 100)
})

t.test('the least recently used verdict makes room, and uses in the same second count as one', async (t) => {
  const partition = new CachePartition({ max: 2, maxBytes: 1000, ttl: 60_000 }, () => {})
  const use = (uses: Array<[key: string, now: number]>): void => { for (const [key, now] of uses) t.ok(partition.get(key, now, Infinity)) }
  const keys = (): string[] => ['a', 'b', 'c', 'd'].filter((key) => partition.peek(key) !== undefined)
  for (const key of ['a', 'b']) partition.set(key, active(), 1)
  use([['a', 1000], ['b', 1500], ['a', 1999]])
  partition.set('c', active(), 1)
  t.same(keys(), ['b', 'c'])
  use([['b', 1999], ['c', 2000], ['b', 2999]])
  partition.set('d', active(), 1)
  t.same(keys(), ['b', 'd'])
})

t.test('forget and doubt return how many verdicts they dropped', async (t) => {
  for (const drop of ['forget', 'doubt'] as const) {
    const cache = new VerdictCache(BOUNDS, new ManualClock())
    cache.set('a', active())
    cache.set('b', active({ sub: 'ben' }))
    cache.set('c', inactive())
    t.equal(cache[drop]({ sub: 'ada' }, 5), 2)
    t.equal(cache[drop]({ sub: 'ada' }, 5), 0)
    t.same(['a', 'b', 'c'].filter((key) => cache.peek(key) !== undefined), ['b'])
  }
})

t.test('a doubt of all drops all verdicts at once, and an earlier response does not become the verdict of a known token', async (t) => {
  const cache = new VerdictCache(BOUNDS, new ManualClock())
  for (const [key, verdict] of [['a', active()], ['b', active(heavy, 7)], ['c', inactive()]] as const) cache.set(key, verdict)
  t.equal(cache.doubt({ all: true }, 5), 3)
  t.same(cache.counts, { activeVerdicts: 0, activeBytes: 0, inactiveVerdicts: 0, inactiveBytes: 0 })
  t.same(['a', 'b', 'c'].map((key) => cache.getKnown(key)?.notBefore), [5, 7, undefined])
  for (const askedAt of [4, 5]) {
    cache.set('a', active({}, askedAt))
    t.equal(cache.peek('a') !== undefined, askedAt === 5)
  }
  t.equal(cache.forget({ sub: 'ada' }, 9), 1)
  t.equal(cache.doubt({ all: true }, 10), 0)
})

t.test('after a doubt, an earlier response does not become the verdict of a known token', async (t) => {
  const cache = new VerdictCache(BOUNDS, new ManualClock())
  cache.set('key', active({}, 3))
  cache.doubt({ key: 'key' }, 5)
  t.match(cache.getKnown('key'), { notBefore: 5, sub: 'ada' })
  cache.set('key', active({}, 4))
  t.equal(cache.peek('key'), undefined)
  cache.set('key', active({}, 5))
  t.ok(cache.peek('key'))
})

t.test('a doubt postpones a known token, never to an earlier time, and does not make an unknown token known', async (t) => {
  const known = new KnownTokens(10)
  known.postpone('key', 5)
  t.equal(known.get('key'), undefined)
  known.set('key', { notBefore: 3, expiresAt: 9, sub: 'ada', jti: 'x'.repeat(201) })
  known.postpone('key', 2)
  t.same(known.get('key'), { notBefore: 3, expiresAt: 9, sub: 'ada', jti: undefined })
  known.postpone('key', 4)
  t.match(known.get('key'), { notBefore: 4 })
  known.set('other', { notBefore: 3, expiresAt: 9, sub: 'x'.repeat(200), jti: 'x'.repeat(200) })
  t.match(known.get('other'), { sub: 'x'.repeat(200), jti: 'x'.repeat(200) })
})
