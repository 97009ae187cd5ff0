import t from 'tap'
import type { Introspect } from '../../lib/client/introspection-client.ts'
import { createUnavailableError, OutageError } from '../../lib/failures.ts'
import type { SharedCache } from '../../lib/shared-cache/shared-cache.ts'
import { Introspector } from '../../lib/verdicts/introspector.ts'
import type { VerdictListener } from '../../lib/verdicts/verdict-listener.ts'
import { ManualClock } from '../fixtures/clock.ts'
import { requireGapCheck, SubscriptionGaps } from '../../lib/verdicts/subscription-gap.ts'
import { createVerdict, type Verdict } from '../../lib/verdicts/verdict.ts'

const rules = { personalAccessTokens: true, customScopes: 'roles' } as const

interface World {
  readonly introspector: Introspector
  readonly clock: ManualClock
  /** Tokens that ZITADEL was asked about. */
  readonly asked: string[]
  /** Kind and number of verdicts of what was reported. */
  readonly reports: Array<[kind: string, verdicts: number]>
  /** Whether messages of other processes arrive. */
  isHealthy: boolean
  /** Whether ZITADEL cannot be reached. */
  isDown: boolean
  /** What the shared cache says of a forget. */
  isForgotten: () => Promise<boolean>
  /** Reports that messages of other processes may have been missed. */
  readonly reportGap: (kind?: 'gap' | 'cut-off') => void
  /** Reports that another process has forgotten everything. */
  readonly reportForgetOfAll: () => void
}

/** Verdicts beside a shared cache that stores nothing, so that only its messages and marks count. */
function createWorld (listener?: VerdictListener, whileAsking = (): void => {}, staleIfError = 0): World {
  const clock = new ManualClock()
  const asked: string[] = []
  let onForget: (event: { all: true }, kind: string, isOwn: boolean) => void = () => {}
  const world = { clock, asked, reports: [] as Array<[string, number]>, isHealthy: true, isDown: false, isForgotten: async () => false, reportGap: (kind: 'gap' | 'cut-off' = 'gap') => { onForget({ all: true }, kind, false) }, reportForgetOfAll: () => { onForget({ all: true }, 'doubt', false) } }
  const sharedCache = {
    get isHealthy () { return world.isHealthy },
    onForget: (given: typeof onForget) => { onForget = given },
    getOrLoad: async (_token: string, _maxAge: number, send: () => Promise<unknown>) => await send(),
    isForgotten: async () => await world.isForgotten(),
    forget: async () => {}
  } as unknown as SharedCache
  const introspect: Introspect = async (token, { onSend }) => {
    onSend()
    if (world.isDown) throw createUnavailableError(new OutageError('down', 'check'))
    asked.push(token)
    whileAsking()
    return { active: true, sub: 'ada', jti: `V2_${token}-at_1` }
  }
  const introspector = new Introspector(introspect, rules, { isEnabled: true, max: 100, maxBytes: 2 ** 26, ttl: 30, inactiveTtl: 5, refreshAhead: false, staleIfError, onStale () {}, sharedCache, listener, onForget: ({ kind, verdicts }) => { world.reports.push([kind, verdicts]) } }, clock)
  return Object.assign(world, { introspector })
}

const TOKENS = Array.from({ length: 20 }, (_, index) => `token-${index}`)

async function askAll ({ introspector, asked }: World): Promise<number> {
  asked.length = 0
  for (const token of TOKENS) await introspector.getVerdict(token)
  return asked.length
}

t.test('after a gap, a verdict is not used without a check, and ZITADEL is asked over 15 seconds', async (t) => {
  const world = createWorld()
  t.equal(await askAll(world), 20)
  world.clock.advance(1)
  world.reportGap()
  for (const token of TOKENS) t.equal(world.introspector.getCached(token, Infinity), undefined)
  const first = await askAll(world)
  t.ok(first < 10, `${first} introspections at once`)
  let total = first
  for (let second = 0; second < 15; second++) {
    world.clock.advance(1)
    total += await askAll(world)
  }
  t.equal(total, 20, 'each token once')
})

t.test('of the gaps while no messages arrive, the first one and the end are reported', async (t) => {
  const world = createWorld()
  await askAll(world)
  for (const kind of ['cut-off', 'gap'] as const) {
    world.isHealthy = false
    for (let repeated = 0; repeated < 3; repeated++) world.reportGap(kind)
    t.same(world.reports.splice(0), [['gap', 20]])
    world.isHealthy = true
    world.reportGap()
    t.same(world.reports.splice(0), [['gap', 20]])
  }
  // A connection that was lost for a moment.
  world.reportGap()
  t.same(world.reports, [['gap', 20]])
})

t.test('after a gap, a token that the shared cache marks as forgotten is introspected', async (t) => {
  const world = createWorld()
  await askAll(world)
  world.clock.advance(1)
  world.reportGap()
  world.clock.advance(0.001)
  world.isForgotten = async () => true
  t.equal(await askAll(world), 20)
  t.equal(await askAll(world), 0)
})

t.test('if the shared cache does not say whether a token was forgotten, it is asked again after a second', async (t) => {
  const world = createWorld()
  await askAll(world)
  world.clock.advance(1)
  world.reportGap()
  let checks = 0
  world.isForgotten = async () => { checks++; throw new Error('no answer') }
  const first = await askAll(world)
  t.ok(first < 10)
  t.equal(checks, 20)
  await askAll(world)
  t.equal(checks, 20, 'not within the second')
  world.clock.advance(1)
  world.isForgotten = async () => true
  t.equal(await askAll(world), 20 - first)
})

t.test('a second gap during the check requires another', async (t) => {
  const world = createWorld()
  const [token] = TOKENS as [string]
  await world.introspector.getVerdict(token)
  world.clock.advance(1)
  world.reportGap()
  world.isForgotten = async () => {
    world.clock.advance(0.001)
    world.reportGap()
    world.clock.advance(0.001)
    return false
  }
  await world.introspector.getVerdict(token)
  t.equal(world.asked.length, 2)
})

t.test('a gap in the same millisecond as the introspection: ZITADEL is asked again once', async (t) => {
  let isFirst = true
  const world = createWorld(undefined, () => {
    if (isFirst) world.reportGap()
    isFirst = false
  })
  t.equal((await world.introspector.getVerdict('token', 0)).sub, 'ada')
  t.equal(world.asked.length, 2)
})

t.test('a forget in the same millisecond as the introspection: ZITADEL is asked again once', async (t) => {
  let isFirst = true
  const world = createWorld(undefined, () => {
    if (isFirst) world.introspector.doubt({ sub: 'ada' })
    isFirst = false
  })
  t.equal((await world.introspector.getVerdict('token', 0)).sub, 'ada')
  t.equal(world.asked.length, 2)
})

t.test('a process that is cut off uses no verdict for more than twelve seconds after ZITADEL was asked', async (t) => {
  const world = createWorld()
  world.isForgotten = async () => { throw new Error('no connection') }
  const askedAt = new Map<string, number>()
  let last = 0
  let most = 0
  /** Uses all tokens each second, and returns the number of introspections. */
  const pass = async (seconds: number, isCutOff: boolean): Promise<number> => {
    let total = 0
    for (let second = 0; second < seconds; second++) {
      world.clock.advance(1)
      // Each five seconds, as the subscription reports it.
      if (isCutOff && second % 5 === 0) world.reportGap('cut-off')
      const now = world.clock.monotonic()
      world.asked.length = 0
      for (const token of TOKENS) await world.introspector.getVerdict(token)
      for (const token of world.asked) askedAt.set(token, now)
      last = Math.max(...TOKENS.map((token) => now - askedAt.get(token)!))
      total += world.asked.length
      most = Math.max(most, world.asked.length)
    }
    return total
  }
  t.equal(await pass(15, false), 20)
  most = 0
  await pass(13, true)
  t.ok(most < 10, `${most} introspections at once`)
  most = 0
  const total = await pass(40, true)
  t.ok(total <= 4 * 20, `${total} introspections in 40 s`)
  t.ok(last <= 12_000, `a verdict of ${last} ms is used`)
  t.ok(most < 10, `${most} introspections at once`)
})

t.test('a process that is cut off from Redis and ZITADEL uses no verdict past its ttl, until Redis shows that it was not forgotten', async (t) => {
  const world = createWorld(undefined, undefined, 600)
  const get = async (): Promise<unknown> => await world.introspector.getVerdict('token').then(({ granted }) => granted?.token.stale, ({ code }) => code)
  t.equal(await get(), false)
  world.isDown = true
  world.clock.advance(31)
  t.equal(await get(), true)
  world.isForgotten = async () => { throw new Error('no connection') }
  world.reportGap('cut-off')
  t.equal(await get(), 'FST_ZITADEL_UNAVAILABLE')
  world.isForgotten = async () => false
  world.reportGap()
  t.equal(await get(), true)
  world.isForgotten = async () => { throw new Error('no answer in time') }
  t.equal(await get(), true, 'messages arrive since it was shown')
  world.reportGap('cut-off')
  t.equal(await get(), 'FST_ZITADEL_UNAVAILABLE')
  world.isForgotten = async () => true
  world.reportGap()
  t.equal(await get(), 'FST_ZITADEL_UNAVAILABLE')
  world.isForgotten = async () => false
  t.equal(await get(), 'FST_ZITADEL_UNAVAILABLE', 'the verdict was dropped')
})

t.test('an earlier gap does not lengthen the time for which a cut-off process uses a verdict', async (t) => {
  const world = createWorld()
  world.isForgotten = async () => { throw new Error('no connection') }
  await askAll(world)
  world.clock.advance(1)
  world.reportGap()
  world.clock.advance(1)
  world.reportGap('cut-off')
  world.clock.advance(10)
  t.equal(await askAll(world), 20)
})

t.test('a gap is reported to the listener, because forgets may have been missed', async (t) => {
  const reported: unknown[] = []
  const world = createWorld({ onOutdated: (target) => { reported.push(target) }, onVerdict: () => {}, onCutOff: (maxAge) => { reported.push(maxAge) } })
  world.reportGap()
  t.same(reported.splice(0), [Infinity, { all: true }])
  world.reportGap('cut-off')
  t.same(reported.splice(0), [12_000], 'no target while the process is cut off, because that is repeated every few seconds')
  world.reportForgetOfAll()
  t.same(reported.splice(0), [12_000], 'the process is still cut off')
  world.reportGap()
  t.same(reported, [Infinity, { all: true }])
})

t.test('open connections are checked after a gap, and not again and again while the process is cut off', async (t) => {
  const outdated: object[] = []
  const world = createWorld({ onOutdated: (target) => { outdated.push(target) }, onVerdict () {}, onCutOff () {} })
  world.reportGap()
  t.same(outdated, [{ all: true }])
  world.reportGap('cut-off')
  t.equal(outdated.length, 1)
  world.reportGap()
  t.equal(outdated.length, 2)
})

t.test('after a gap, verdicts that must be checked and those past their ttl together end at an even rate', async (t) => {
  const [ttl, spread] = [30, 15_000]
  const rest = (fraction: number, delay: number): number => (1 - fraction) * (1 - delay / (ttl * 1000))
  for (const [key, fraction] of [['\0\0\0', 0], ['@\0\0', 0.25], ['\x80\0\0', 0.5], ['\xC0\0\0', 0.75]] as const) {
    const verdict = createVerdict({ active: true }, rules, 0, 0)
    requireGapCheck(verdict, key, 1000, ttl, false)
    const delay = verdict.gapCheck!.confirmableUntil - 1000
    t.ok(Math.abs(rest(fraction, delay) - (1 - delay / spread)) < 1e-9, `${fraction} ends after ${delay} ms`)
    requireGapCheck(verdict, key, 5000, ttl, false)
    t.equal(verdict.gapCheck!.confirmableUntil, delay + 1000, 'a later gap does not lengthen it')
  }
})

t.test('gaps that are applied together, when a verdict is read, shorten its use as if each had been applied at once', async (t) => {
  const ttl = 30
  for (const kinds of ['g', 'c', 'gg', 'gc', 'cg', 'cc', 'ccg', 'cgc', 'gcc', 'ggcgcc']) {
    for (const start of [0, 8000, 14_000]) {
      for (const key of ['\0\0\0', '\x80\0\0', '\xFF\xFF\xFF']) {
        const gaps = new SubscriptionGaps(ttl)
        const [atOnce, together] = [0, 1].map(() => createVerdict({ active: true }, rules, 0, 0)) as [Verdict, Verdict]
        for (const [index, kind] of [...kinds].entries()) {
          gaps.record(start + index * 1000, kind === 'c')
          requireGapCheck(atOnce, key, start + index * 1000, ttl, kind === 'c')
        }
        t.equal(together.gapCheck, undefined, 'a gap itself changes no verdict, so that it blocks nothing')
        gaps.apply(together, key)
        t.same(together.gapCheck, atOnce.gapCheck, `${kinds} from ${start}`)
      }
    }
  }
})

t.test('of the gaps that were more than 15 seconds ago one is kept, because any of them ends the use of a verdict', async (t) => {
  const verdict = (): Verdict => createVerdict({ active: true }, rules, 0, 0)
  for (const [times, expected] of [[[0, 1000, 16_000], 0], [[0, 1000, 16_001], 1000], [[0, 1000, 2000, 17_000], 1000]] as const) {
    const gaps = new SubscriptionGaps(30)
    for (const at of times) gaps.record(at, false)
    const kept = verdict()
    // With this key the spread is 0.
    gaps.apply(kept, '\0\0\0')
    t.equal(kept.gapCheck!.confirmableUntil, expected)
    const later = verdict()
    later.lastGap = gaps.count - 1
    gaps.apply(later, '\0\0\0')
    t.equal(later.gapCheck!.confirmableUntil, times.at(-1))
  }
})

t.test('a verdict that was read after a gap, and one that was asked for after it, are changed by the next gap only', async (t) => {
  const world = createWorld()
  const [read, later] = TOKENS as [string, string]
  const verdict = await world.introspector.getVerdict(read)
  world.reportGap()
  world.clock.advance(0.001)
  t.equal(await world.introspector.getVerdict(read), verdict)
  const { gapCheck } = verdict
  t.equal(world.introspector.getCached(read, Infinity), verdict)
  t.equal(verdict.gapCheck, gapCheck)
  const other = await world.introspector.getVerdict(later)
  t.equal(world.introspector.getCached(later, Infinity), other)
  t.equal(other.gapCheck, undefined)
  world.reportGap()
  for (const token of [read, later]) t.equal(world.introspector.getCached(token, Infinity), undefined)
})

t.test('a verdict that the shared cache has confirmed counts as shared, and no other', async (t) => {
  const world = createWorld()
  const token = TOKENS[0]!
  const verdict = await world.introspector.getVerdict(token)
  t.equal(verdict.isShared, false)
  world.reportGap()
  world.clock.advance(0.001)
  world.isForgotten = async () => { throw new Error('Redis is down') }
  t.equal(await world.introspector.getVerdict(token), verdict)
  t.equal(verdict.isShared, false)
  world.clock.advance(1)
  world.isForgotten = async () => false
  t.equal(await world.introspector.getVerdict(token), verdict)
  t.equal(verdict.isShared, true)
  t.equal(world.asked.length, 1)
})

t.test('if the shared cache marks a verdict as forgotten after a later one has arrived, the later one stays', async (t) => {
  const world = createWorld()
  const token = TOKENS[0]!
  await world.introspector.getVerdict(token)
  world.reportGap()
  world.clock.advance(0.001)
  let reply = (_isForgotten: boolean): void => {}
  world.isForgotten = async () => await new Promise((resolve) => { reply = resolve })
  const waiting = world.introspector.getVerdict(token)
  world.isForgotten = async () => false
  const later = await world.introspector.getVerdict(token, 0)
  world.clock.advance(0.001)
  reply(true)
  await waiting
  t.equal(world.introspector.getCached(token, Infinity), later)
})
