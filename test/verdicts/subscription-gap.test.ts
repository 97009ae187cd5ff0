import t from 'tap'
import type { Introspect } from '../../lib/client/introspection-client.ts'
import type { SharedCache } from '../../lib/shared-cache/shared-cache.ts'
import { Introspector } from '../../lib/verdicts/introspector.ts'
import { ManualClock } from '../fixtures/clock.ts'

const rules = { personalAccessTokens: true, customScopes: 'roles' } as const

interface World {
  readonly introspector: Introspector
  readonly clock: ManualClock
  /** Tokens that ZITADEL was asked about. */
  readonly asked: string[]
  /** What the shared cache says of a forget. */
  isForgotten: () => Promise<boolean>
  /** Reports that messages of other processes may have been missed. */
  readonly reportGap: () => void
}

/** Verdicts beside a shared cache that stores nothing, so that only its messages and marks count. */
function createWorld (): World {
  const clock = new ManualClock()
  const asked: string[] = []
  let listener: (event: { all: true }) => void = () => {}
  const world = { clock, asked, isForgotten: async () => false, reportGap: () => { listener({ all: true }) } }
  const sharedCache = {
    onForget: (given: typeof listener) => { listener = given },
    getOrLoad: async (_token: string, _maxAge: number, send: () => Promise<unknown>) => await send(),
    isForgotten: async () => await world.isForgotten(),
    forget: async () => {}
  } as unknown as SharedCache
  const introspect: Introspect = async (token, onSend) => {
    onSend()
    asked.push(token)
    return { active: true, sub: 'ada', jti: `V2_${token}-at_1` }
  }
  const introspector = new Introspector(introspect, rules, { isEnabled: true, max: 100, maxBytes: 2 ** 26, ttl: 30, inactiveTtl: 5, refreshAhead: false, staleIfError: 0, onStale () {}, sharedCache }, clock)
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

t.test('a second gap during the check makes the verdict doubtful again', async (t) => {
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
