import t from 'tap'
import type { Introspect } from '../../lib/client/introspection-client.ts'
import { getRegistration } from '../../lib/registration.ts'
import { Introspector } from '../../lib/verdicts/introspector.ts'
import { ManualClock } from '../fixtures/clock.ts'
import { startConnectedApp } from '../fixtures/test-app.ts'

/** An introspector of which each response has as many characters as its token says: `a5000` is active, `i5000` is not. */
async function createWorld (maxBytes: number): Promise<{ introspector: Introspector, asked: Array<[token: string, subject: unknown]>, cached: (tokens: string[]) => number }> {
  const asked: Array<[string, unknown]> = []
  const introspect: Introspect = async (token, { onSend, subject }) => {
    onSend()
    asked.push([token, subject])
    const text = 'x'.repeat(Number(/\d+/.exec(token)![0]))
    return token.startsWith('i') ? { active: false, sub: text } : { active: true, sub: 'ada', text }
  }
  const introspector = new Introspector(introspect, { personalAccessTokens: true, customScopes: 'roles' }, { max: 1000, maxBytes, ttl: 3600, inactiveTtl: 3600, isEnabled: true, refreshAhead: false, staleIfError: 0, onStale () {} }, new ManualClock())
  // The first response has new names, which weigh more.
  await introspector.getVerdict('a0')
  await introspector.forget({ token: 'a0' })
  asked.length = 0
  return { introspector, asked, cached: (tokens) => tokens.filter((token) => introspector.getCached(token, Infinity) !== undefined).length }
}

const numbered = (kind: string, count: number): string[] => Array.from({ length: count }, (_, index) => `${kind}.${index}`)

/** What a verdict weighs beside the characters of its text. */
async function measureOverhead (kind: 'a' | 'i'): Promise<number> {
  const { introspector } = await createWorld(2 ** 30)
  await introspector.getVerdict(`${kind}0`)
  return introspector.counts.activeBytes + introspector.counts.inactiveBytes
}

t.test('verdicts are bounded by bytes: the least recently used is evicted', async (t) => {
  const overhead = await measureOverhead('a')
  const { introspector, cached } = await createWorld(160_000)
  const tokens = numbered(`a${10_000 - overhead}`, 20)
  for (const token of tokens) await introspector.getVerdict(token)
  t.match(introspector.counts, { activeVerdicts: 11, activeBytes: 110_000, inactiveBytes: 0 }, 'a quarter and a sixteenth are for others')
  t.equal(cached(tokens.slice(9)), 11)
  for (const token of numbered(`a${20_000 - overhead}`, 20)) await introspector.getVerdict(token)
  t.match(introspector.counts, { activeVerdicts: 13, activeBytes: 150_000 })
  const inactive = numbered(`i${2500 - await measureOverhead('i')}`, 20)
  for (const token of inactive) await introspector.getVerdict(token)
  t.match(introspector.counts, { activeVerdicts: 13, inactiveVerdicts: 4, inactiveBytes: 10_000 })
  t.equal(cached([...tokens.slice(9), ...inactive.slice(16)]), 15)
  await introspector.forget({ sub: 'ada' })
  t.match(introspector.counts, { activeVerdicts: 0, activeBytes: 0, inactiveVerdicts: 4 })
})

t.test('verdicts of more than 16 KiB evict no smaller ones', async (t) => {
  const { introspector, cached } = await createWorld(2 ** 22)
  const [ordinary, heavy] = [numbered('a500', 1000), numbered('a100000', 100)]
  for (const token of [...ordinary, ...heavy]) await introspector.getVerdict(token)
  t.equal(cached(ordinary), 1000)
  t.equal(cached(heavy), 10)
  t.equal(cached(heavy.slice(90)), 10, 'the last of them')
})

t.test('a verdict that is larger than its part is used once, and its token stays known', async (t) => {
  const overhead = await measureOverhead('a')
  // Its quarter is too small for any verdict of more than 16 KiB.
  const { introspector, asked, cached } = await createWorld(32_768)
  const [kept, tooLarge] = [`a${16_384 - overhead}`, `a${16_385 - overhead}`]
  for (const token of [kept, tooLarge, tooLarge, kept]) t.ok((await introspector.getVerdict(token)).granted)
  t.strictSame(asked, [[kept, undefined], [tooLarge, undefined], [tooLarge, 'ada']])
  t.equal(cached([kept, tooLarge]), 1)
  await introspector.forget({ sub: 'ada' })
  t.match(introspector.counts, { activeVerdicts: 0 }, 'it was not indexed either')
})

t.test('a verdict that is too large replaces the one that was kept', async (t) => {
  let text = ''
  const { status, zitadel, app } = await startConnectedApp(t, { introspect: () => ({ active: true, sub: 'ada', text }), cache: { maxBytes: 65_536 } })
  const readCounts = (): object => getRegistration(app.zitadel)!.readState()
  t.equal(await status('/'), 200)
  t.match(readCounts(), { activeVerdicts: 1 })
  text = 'x'.repeat(100_000)
  t.equal(await status('/fresh'), 200)
  t.match(readCounts(), { activeVerdicts: 0, activeBytes: 0 })
  t.ok(await zitadel.introspect('token'))
})

t.test('the smallest bound keeps nothing, and lets callers in', async (t) => {
  const { introspector } = await createWorld(1)
  t.ok((await introspector.getVerdict('a1')).granted)
  t.notOk((await introspector.getVerdict('i1')).granted)
  t.same(introspector.counts, { activeVerdicts: 0, activeBytes: 0, inactiveVerdicts: 0, inactiveBytes: 0 })
})
