import t from 'tap'
import type { Introspect } from '../../lib/client/introspection-client.ts'
import { CachePartition } from '../../lib/verdicts/cache-partition.ts'
import { Introspector, type IntrospectorOptions } from '../../lib/verdicts/introspector.ts'
import { ReleaseTimer } from '../../lib/verdicts/release-timer.ts'
import { ManualClock } from '../fixtures/clock.ts'
import { createIntrospectedVerdict } from '../fixtures/verdict.ts'

interface World { readonly clock: ManualClock, readonly introspector: Introspector, readonly asked: unknown[], readonly waitForCount: (count: number) => Promise<void> }

/** Tokens that start with `i` are inactive. All others share one `jti`. */
function createWorld (options: Partial<IntrospectorOptions> = {}): World {
  const clock = new ManualClock()
  const asked: unknown[] = []
  const introspect: Introspect = async (token, { onSend, subject }) => {
    onSend()
    asked.push(subject)
    return { active: !token.startsWith('i'), sub: `owner of ${token}`, jti: 'V2_1-at_1' }
  }
  // In real time, the first run is as early as can be.
  const introspector = new Introspector(introspect, { personalAccessTokens: true, customScopes: 'roles' }, { isEnabled: true, max: 100, maxBytes: 2 ** 26, ttl: 0.1, inactiveTtl: 0.05, refreshAhead: false, staleIfError: 0, onStale () {}, ...options }, clock)
  const waitForCount = async (count: number): Promise<void> => {
    const read = (): number => introspector.counts.activeVerdicts + introspector.counts.inactiveVerdicts
    while (read() !== count) await new Promise((resolve) => setTimeout(resolve, 10))
  }
  return { clock, introspector, asked, waitForCount }
}

const wait = async (milliseconds: number): Promise<unknown> => await new Promise((resolve) => setTimeout(resolve, milliseconds))

t.test('verdicts are released when no decision can use them, without a request', async (t) => {
  const { clock, introspector, waitForCount } = createWorld()
  await introspector.getVerdict('a')
  await introspector.getVerdict('i')
  clock.advance(0.05)
  await introspector.getVerdict('b')
  await wait(150)
  t.match(introspector.counts, { activeVerdicts: 2, inactiveVerdicts: 1 }, 'an inactive verdict is kept as long, so that no older active one replaces it')
  clock.advance(0.05)
  await waitForCount(1)
  clock.advance(0.05)
  await waitForCount(0)
  t.match(introspector.counts, { activeBytes: 0, inactiveBytes: 0 })
  await introspector.getVerdict('c')
  clock.advance(0.1)
  await waitForCount(0)
})

t.test('the token of a released verdict stays known, if it was active', async (t) => {
  const { clock, introspector, asked, waitForCount } = createWorld()
  for (const token of ['a', 'i']) await introspector.getVerdict(token)
  clock.advance(0.1)
  await waitForCount(0)
  for (const token of ['a', 'i']) await introspector.getVerdict(token)
  t.same(asked, [undefined, undefined, 'owner of a', undefined])
})

t.test('a token is forgotten with all that share its jti, also after its verdict was released', async (t) => {
  const { clock, introspector, waitForCount } = createWorld()
  await introspector.getVerdict('a')
  clock.advance(0.05)
  await introspector.getVerdict('b')
  clock.advance(0.05)
  await waitForCount(1)
  t.ok(introspector.getCached('b', Infinity))
  await introspector.forget({ token: 'a' })
  t.equal(introspector.getCached('b', Infinity), undefined)
})

t.test('a verdict that may be used past its ttl in an outage is kept as long', async (t) => {
  const { clock, introspector, waitForCount } = createWorld({ ttl: 0.05, inactiveTtl: 0, staleIfError: 0.05 })
  await introspector.getVerdict('a')
  clock.advance(0.0999)
  await wait(150)
  t.equal(introspector.counts.activeVerdicts, 1)
  clock.advance(0.0002)
  await waitForCount(0)
})

t.test('an inactive verdict with a longer ttl of its own is kept for that', async (t) => {
  const { clock, introspector, waitForCount } = createWorld({ ttl: 0, inactiveTtl: 0.1 })
  await introspector.getVerdict('i')
  clock.advance(0.0999)
  await wait(150)
  t.ok(introspector.getCached('i', Infinity))
  clock.advance(0.0002)
  await waitForCount(0)
})

t.test('a run removes the least recently used verdicts, up to a number, and ends at one that was asked for later', async (t) => {
  const removed: string[] = []
  const partition = new CachePartition({ max: 10, maxBytes: 100, ttl: 10 }, (_verdict, key) => { removed.push(key) })
  t.equal(partition.release(0, 10), Infinity)
  for (const [key, askedAt] of [['a', 1], ['b', 2], ['c', 5], ['d', 3]] as const) partition.set(key, createIntrospectedVerdict({ active: true }, askedAt), 1)
  t.equal(partition.release(0, 10), 1)
  t.equal(partition.release(3, 1), 2)
  t.same(removed, ['a'])
  t.equal(partition.release(3, 10), 5, 'a verdict that was used after the last one stays until the next run')
  t.same(removed, ['a', 'b'])
  t.equal(partition.release(5, 10), Infinity)
  t.same(removed, ['a', 'b', 'c', 'd'])
  t.equal(partition.bytes, 0)
})

t.test('the timer runs again while verdicts are left, at most ten times a second', async (t) => {
  const runs: number[] = []
  const started = performance.now()
  const timer = new ReleaseTimer(() => {
    runs.push(performance.now() - started)
    return runs.length === 3 ? Infinity : -5
  })
  timer.start(0)
  timer.start(0)
  // The timer itself does not keep the process alive.
  while (runs.length < 3) await wait(10)
  t.ok(runs[0]! > 95 && runs[1]! - runs[0]! > 95 && runs[2]! > 285, String(runs))
  await wait(150)
  t.equal(runs.length, 3)
})

t.test('a delay that is too long for a timer of Node.js does not end at once', async (t) => {
  const timer = new ReleaseTimer(() => { t.fail('too early'); return Infinity })
  timer.start(1e12)
  await wait(150)
})
