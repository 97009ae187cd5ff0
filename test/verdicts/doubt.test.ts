import t from 'tap'
import type { Introspect } from '../../lib/client/introspection-client.ts'
import { Introspector } from '../../lib/verdicts/introspector.ts'
import type { DoubtTarget } from '../../lib/zitadel/verdict-target.ts'
import { OutageError, createUnavailableError } from '../../lib/failures.ts'
import { ManualClock } from '../fixtures/clock.ts'
import { Gate } from '../fixtures/peer.ts'

const rules = { personalAccessTokens: true, customScopes: 'roles' } as const
const OUTAGE = createUnavailableError(new OutageError('down', 'check it'))

interface World {
  readonly introspector: Introspector
  readonly clock: ManualClock
  /** Each token that was asked for, with whether it was known. */
  readonly asked: Array<[token: string, isKnown: boolean]>
  /** What the server does with a token; the default response is active. */
  respond: (token: string, onUnconfirmed?: () => void) => Promise<object> | object
}

const SESSIONS: Record<string, string> = { one: 'V2_1-at_1', two: 'V2_1-at_2', three: 'V2_2-at_3' }

function createWorld (options: object = {}): World {
  const clock = new ManualClock()
  const world: World = {
    clock,
    asked: [],
    respond: (token) => ({ active: true, sub: token === 'three' ? 'ben' : 'ada', jti: SESSIONS[token] }),
    introspector: undefined as never
  }
  const introspect: Introspect = async (token, { onSend, onUnconfirmed }) => {
    onSend()
    world.asked.push([token, onUnconfirmed !== undefined])
    return await world.respond(token, onUnconfirmed) as { active: boolean }
  }
  const introspector = new Introspector(introspect, rules, { isEnabled: true, max: 100, maxBytes: 2 ** 26, ttl: 30, inactiveTtl: 5, refreshAhead: false, staleIfError: 0, onStale () {}, ...options }, clock)
  return Object.assign(world, { introspector })
}

/** Asks for three tokens and leaves out what was asked until now. */
async function warmUp (world: World): Promise<void> {
  for (const token of Object.keys(SESSIONS)) await world.introspector.getVerdict(token)
  world.asked.length = 0
}

async function askAll (world: World): Promise<Array<[string, boolean]>> {
  world.asked.length = 0
  for (const token of Object.keys(SESSIONS)) await world.introspector.getVerdict(token)
  return world.asked
}

const TARGETS: Array<[target: DoubtTarget, expected: string[]]> = [
  [{ all: true }, ['one', 'two', 'three']],
  [{ sub: 'ada' }, ['one', 'two']],
  [{ jti: 'V2_1-at_2' }, ['two']],
  [{ session: 'V2_1' }, ['one', 'two']],
  [{ session: 'V2_3' }, []],
  [{ sub: 'carol' }, []]
]

for (const [target, expected] of TARGETS) {
  t.test(`after a doubt by ${JSON.stringify(target)}, ZITADEL is asked about each token as a known one`, async (t) => {
    const world = createWorld()
    await warmUp(world)
    world.clock.advance(0.001)
    world.introspector.doubt(target)
    t.same(await askAll(world), expected.map((token) => [token, true]))
    t.same(await askAll(world), [], 'once')
  })
}

for (const session of ['V2_1', 'login']) {
  t.test(`a session can be named by the jti and by the claim sid (${session})`, async (t) => {
    const world = createWorld()
    world.respond = () => ({ active: true, sub: 'ada', sid: 'login', jti: 'V2_1-at_1' })
    await world.introspector.getVerdict('one')
    world.introspector.doubt({ session: 'other' })
    t.not(world.introspector.getCached('one', Infinity), undefined)
    world.introspector.doubt({ session })
    t.equal(world.introspector.getCached('one', Infinity), undefined)
  })
}

t.test('after a forget, ZITADEL is asked about each token as an unknown one', async (t) => {
  const world = createWorld()
  await warmUp(world)
  world.clock.advance(0.001)
  await world.introspector.forget({ sub: 'ada' })
  t.same(await askAll(world), [['one', false], ['two', false]])
})

t.test('a doubtful verdict is not used past its ttl, and other verdicts are', async (t) => {
  const world = createWorld({ staleIfError: 600 })
  await warmUp(world)
  world.clock.advance(31)
  world.introspector.doubt({ sub: 'ada' })
  world.respond = () => { throw OUTAGE }
  await t.rejects(world.introspector.getVerdict('one'), OUTAGE)
  t.equal((await world.introspector.getVerdict('three')).granted!.token.stale, true)
})

t.test('a doubtful verdict that was used for a request is outdated after its body', async (t) => {
  const world = createWorld()
  const verdict = await world.introspector.getVerdict('one')
  t.equal(world.introspector.isOutdated('one', verdict, Infinity, 5000), false)
  world.introspector.doubt({ sub: 'ben' })
  t.equal(world.introspector.isOutdated('one', verdict, Infinity, 5000), false)
  world.introspector.doubt({ sub: 'ada' })
  t.equal(world.introspector.isOutdated('one', verdict, Infinity, 5000), true)
})

t.test('a verdict that is doubted in flight is asked for again, as that of a known token', async (t) => {
  const world = createWorld()
  const gate = new Gate()
  world.respond = async () => {
    await gate.opened
    return { active: true, sub: 'ada' }
  }
  const asking = world.introspector.getVerdict('one')
  world.introspector.doubt({ sub: 'ada' })
  world.clock.advance(0.001)
  gate.open()
  t.equal((await asking).askedAt, world.clock.monotonic())
  t.same(world.asked, [['one', false], ['one', true]])
})

t.test('an inactive verdict that is doubted in flight is asked for again, as that of an unknown token', async (t) => {
  const world = createWorld()
  const gate = new Gate()
  world.respond = async () => {
    await gate.opened
    return { active: false }
  }
  const asking = world.introspector.getVerdict('one')
  world.introspector.doubt({ all: true })
  world.clock.advance(0.001)
  gate.open()
  t.equal((await asking).granted, undefined)
  t.same(world.asked, [['one', false], ['one', false]])
})

t.test('a doubt of one unconfirmed response is possible without a cached verdict', async (t) => {
  const world = createWorld({ staleIfError: 600 })
  await warmUp(world)
  world.clock.advance(0.001)
  world.introspector.doubt({ sub: 'ada' })
  world.respond = (_token, onUnconfirmed) => {
    onUnconfirmed!()
    return { active: true, sub: 'ada' }
  }
  t.equal((await world.introspector.getVerdict('one')).isUnconfirmed, false)
})

t.test('a token that has expired is not known any more', async (t) => {
  const world = createWorld()
  world.respond = () => ({ active: true, sub: 'ada', exp: world.clock.seconds + 60 })
  await world.introspector.getVerdict('one')
  world.introspector.doubt({ sub: 'ada' })
  world.clock.advance(61)
  await world.introspector.getVerdict('one')
  t.same(world.asked, [['one', false], ['one', false]])
})

t.test('a token that turns inactive is not known any more', async (t) => {
  const world = createWorld()
  await world.introspector.getVerdict('one')
  world.clock.advance(31)
  world.respond = () => ({ active: false })
  await world.introspector.getVerdict('one')
  world.clock.advance(6)
  await world.introspector.getVerdict('one')
  t.same(world.asked, [['one', false], ['one', true], ['one', false]])
})

t.test('without a cache a token is known, and no verdict is kept', async (t) => {
  const world = createWorld({ isEnabled: false, ttl: 0, inactiveTtl: 0 })
  await warmUp(world)
  t.same(await askAll(world), [['one', true], ['two', true], ['three', true]])
  t.same(world.introspector.counts, { activeVerdicts: 0, activeBytes: 0, inactiveVerdicts: 0, inactiveBytes: 0 })
})

const fail = (canBeCausedByCaller: boolean): never => { throw createUnavailableError(new OutageError('down', 'check it', canBeCausedByCaller)) }

t.test('with staleIfError, an active verdict is used in an outage until its ttl and this time are over', async (t) => {
  let staleUses = 0
  const world = createWorld({ staleIfError: 60, onStale: () => { staleUses++ } })
  await warmUp(world)
  world.respond = () => fail(false)
  const ask = async (maxAge?: number): Promise<unknown> => await world.introspector.getVerdict('one', maxAge).then(({ granted }) => granted!.token.stale, ({ code }) => code)
  t.equal(await ask(), false, 'within its ttl')
  world.clock.advance(30)
  t.equal(await ask(), true)
  t.equal(staleUses, 1)
  t.equal(await ask(1e9), 'FST_ZITADEL_UNAVAILABLE', 'a route with freshness')
  world.respond = () => fail(true)
  t.equal(await ask(), 'FST_ZITADEL_UNAVAILABLE', 'a failure that callers can cause')
  world.respond = () => { throw new TypeError('of this program') }
  t.equal(await ask(), undefined, 'a failure that is no outage')
  world.respond = () => fail(false)
  world.clock.advance(59.999)
  t.equal(await ask(), true)
  world.clock.advance(0.001)
  t.equal(await ask(), 'FST_ZITADEL_UNAVAILABLE')
  t.equal(staleUses, 2)
})

t.test('without staleIfError, a doubtful verdict is not used in an outage, although its ttl has not ended', async (t) => {
  const world = createWorld()
  await warmUp(world)
  world.introspector.doubt({ all: true })
  world.respond = () => fail(false)
  await t.rejects(world.introspector.getVerdict('one'), { code: 'FST_ZITADEL_UNAVAILABLE' })
})

t.test('a verdict is outdated after a body that ends five seconds after its ttl, or after the freshness of the route', async (t) => {
  const world = createWorld({ staleIfError: 60 })
  const verdict = await world.introspector.getVerdict('one')
  const { askedAt } = verdict
  const isOutdated = (age: number, maxAge = Infinity, of = verdict): boolean => world.introspector.isOutdated('one', of, maxAge, 5000, askedAt + age)
  t.same([isOutdated(34_999), isOutdated(35_000)], [false, true])
  t.same([isOutdated(14_999, 10_000), isOutdated(15_000, 10_000)], [false, true])
  world.respond = () => fail(false)
  world.clock.advance(30)
  const stale = await world.introspector.getVerdict('one')
  t.same([isOutdated(94_999, Infinity, stale), isOutdated(95_000, Infinity, stale)], [false, true])
})
