import t from 'tap'
import type { FastifyRequest } from 'fastify'
import { setImmediate as turn } from 'node:timers/promises'
import { ZitadelError } from '../../lib/errors.ts'
import { OutageError, createUnavailableError } from '../../lib/failures.ts'
import { setAccessContext } from '../../lib/guard/checks/access-context.ts'
import { ANY_ACTIVE_TOKEN } from '../../lib/guard/rules/requirement.ts'
import { SLICE_SIZE } from '../../lib/streams/sliced-loop.ts'
import { StreamWatcher } from '../../lib/streams/stream-watcher.ts'
import { WatchedToken } from '../../lib/streams/watched-token.ts'
import { hashToken } from '../../lib/oauth/token-hash.ts'
import { Introspector } from '../../lib/verdicts/introspector.ts'
import { ManualClock } from '../fixtures/clock.ts'
import { activeResponse, type TestContext } from '../fixtures/guarded-app.ts'
import { createIntrospectedVerdict } from '../fixtures/verdict.ts'

const OUTAGE = createUnavailableError(new OutageError('down', 'check it'))
const INACTIVE = new ZitadelError('FST_ZITADEL_INVALID_TOKEN', 401, 'inactive')

class World {
  readonly clock = new ManualClock()
  /** Each token that was sent, with the seconds since the start. */
  readonly asked: Array<[token: string, seconds: number]> = []
  readonly ended: string[] = []
  isBusy = false
  respond: (token: string) => object | Promise<object> = () => activeResponse()
  readonly introspector: Introspector
  readonly watcher: StreamWatcher
  readonly #startedAt = this.clock.monotonic()

  constructor (t: TestContext, options: object = {}) {
    const rules = { personalAccessTokens: true, customScopes: 'roles' } as const
    this.introspector = new Introspector(async (token, { onSend }) => {
      onSend()
      this.asked.push([token, Math.round(this.clock.monotonic() - this.#startedAt) / 1000])
      return await this.respond(token) as { active: boolean }
    }, rules, { isEnabled: true, max: 20_000, maxBytes: 2 ** 30, ttl: 30, inactiveTtl: 5, refreshAhead: false, staleIfError: 0, onStale () {}, listener: { onOutdated: (target) => this.watcher.onOutdated(target), onVerdict: (key, verdict) => this.watcher.onVerdict(key, verdict), onCutOff: (maxAge) => this.watcher.onCutOff(maxAge) }, ...options }, this.clock)
    const check = (_request: FastifyRequest, { verdict }: { verdict: { granted: unknown, expiresAt: number } }): Error | undefined => verdict.granted === undefined || this.clock.wall() >= verdict.expiresAt ? INACTIVE : undefined
    this.watcher = new StreamWatcher({ introspector: this.introspector, check, isBusy: () => this.isBusy }, this.clock)
    t.teardown(() => this.watcher.close())
  }

  /** Opens a stream. @param recheck seconds */
  async open (token: string, recheck = 60): Promise<() => void> {
    const verdict = await this.introspector.getVerdict(token)
    const request = {} as FastifyRequest
    setAccessContext(request, { token, verdict, introspector: this.introspector, requirement: ANY_ACTIVE_TOKEN, checkedAt: 0, previous: undefined, isPassing: false })
    const remove = this.watcher.add(token, verdict, {
      request,
      interval: recheck === 0 ? Infinity : recheck * 1000,
      end: () => {
        remove()
        this.ended.push(token)
      }
    })
    return remove
  }

  /** Advances the clock and the timers. */
  async pass (seconds: number, step = 1): Promise<void> {
    for (let passed = 0; passed < seconds; passed += step) {
      this.clock.advance(step)
      this.watcher.checkDue()
      await settle()
    }
  }
}

async function settle (): Promise<void> {
  for (let i = 0; i < 4; i++) await turn()
}

t.test('a revocation is detected after one interval at most', async (t) => {
  const world = new World(t)
  for (const token of ['a', 'b', 'c', 'd']) await world.open(token)
  world.respond = () => ({ active: false })
  await world.pass(45)
  t.same(world.ended, [])
  await world.pass(15)
  t.same(world.ended.sort(), ['a', 'b', 'c', 'd'])
  const times = world.asked.slice(4).map(([, seconds]) => seconds)
  t.ok(times.every((seconds) => seconds >= 48 && seconds <= 60), String(times))
  t.ok(new Set(times).size > 1, 'tokens that came together are spread')
})

t.test('the age of the first verdict counts', async (t) => {
  const world = new World(t)
  await world.introspector.getVerdict('a')
  world.clock.advance(29)
  await world.open('a')
  await world.pass(31)
  t.equal(world.asked.length, 2)
  t.ok(world.asked[1]![1] <= 60)
})

t.test('introspections of requests replace rechecks', async (t) => {
  const world = new World(t)
  await world.open('a')
  for (let i = 0; i < 10; i++) {
    await world.pass(31)
    await world.introspector.getVerdict('a')
  }
  t.equal(world.asked.length, 11)
})

t.test('the shortest interval of the streams of a token counts, and ends with its stream', async (t) => {
  const world = new World(t)
  await world.open('a', 60)
  const remove = await world.open('a', 5)
  await world.pass(5)
  t.equal(world.asked.length, 2)
  remove()
  await world.pass(40)
  t.equal(world.asked.length, 2)
})

t.test('the end of one of two streams with the same interval delays no recheck', async (t) => {
  const world = new World(t)
  await world.open('a', 5)
  const remove = await world.open('a', 5)
  remove()
  await world.pass(5, 5)
  t.equal(world.asked.length, 2)
})

t.test('the later verdict of a new stream counts for the others, without an introspection of its own', async (t) => {
  const world = new World(t, { isEnabled: false })
  await world.open('a')
  await world.open('a')
  await settle()
  t.equal(world.asked.length, 2)
})

t.test('recheck 0: nothing is asked for, and the expiry still ends the stream', async (t) => {
  const world = new World(t)
  world.respond = () => activeResponse({ exp: world.clock.seconds + 10_000 })
  await world.open('a', 0)
  await world.pass(9900, 900)
  t.same(world.ended, [])
  await world.pass(100)
  t.same(world.ended, ['a'])
  t.equal(world.asked.length, 1)
})

t.test('the wall clock decides about the expiry', async (t) => {
  const world = new World(t)
  world.respond = () => activeResponse({ exp: world.clock.seconds + 3600 })
  await world.open('a')
  world.clock.jump(3600)
  world.watcher.checkDue()
  t.same(world.ended, ['a'])
})

t.test('tokens that expire in years or never do not overflow the timer', async (t) => {
  const world = new World(t)
  world.respond = (token) => activeResponse(token === 'never' ? {} : { exp: world.clock.seconds + 100 * 365 * 24 * 3600 })
  await world.open('never', 0)
  await world.open('years', 0)
  await world.open('long', 1e9)
  let wakes = 0
  const { wall } = world.clock
  Object.defineProperty(world.clock, 'wall', {
    value: () => {
      wakes++
      return wall()
    }
  })
  await new Promise((resolve) => setTimeout(resolve, 20))
  t.equal(wakes, 0, 'a timer that overflows would fire at once')
  t.same(world.ended, [])
  t.equal(world.asked.length, 3)
})

t.test('an outage: a recheck is repeated after 5 seconds', async (t) => {
  const world = new World(t)
  await world.open('a')
  world.respond = () => { throw OUTAGE }
  await world.pass(70)
  t.same(world.ended, [])
  const [first, second, third] = world.asked.slice(1).map(([, seconds]) => seconds) as [number, number, number]
  t.equal(second - first, 5)
  t.equal(third - second, 5)
  world.respond = () => ({ active: false })
  await world.pass(5)
  t.same(world.ended, ['a'])
})

t.test('an outage after a doubt: it is repeated also with recheck 0, and a doubt meanwhile does not wait', async (t) => {
  const world = new World(t)
  await world.open('a', 0)
  world.respond = () => { throw OUTAGE }
  world.introspector.doubt({ sub: 'ada' })
  await settle()
  await world.pass(5)
  t.equal(world.asked.length, 3)
  world.introspector.doubt({ sub: 'ada' })
  await settle()
  t.equal(world.asked.length, 4)
  let fail = (_error: Error): void => {}
  world.respond = async () => await new Promise((_resolve, reject) => { fail = reject })
  await world.pass(5)
  t.equal(world.asked.length, 5)
  world.introspector.doubt({ sub: 'ada' })
  world.respond = () => activeResponse()
  fail(OUTAGE)
  await settle()
  t.equal(world.asked.length, 6, 'a doubt while a recheck fails')
  await world.pass(100)
  t.equal(world.asked.length, 6)
  t.same(world.ended, [])
})

t.test('a stale verdict keeps the stream, and ZITADEL is asked again after 5 seconds', async (t) => {
  const world = new World(t, { staleIfError: 600 })
  await world.open('a')
  await world.pass(31)
  world.respond = () => { throw OUTAGE }
  world.watcher.onOutdated({ all: true })
  await settle()
  t.equal(world.asked.length, 2)
  await world.pass(20)
  t.same(world.ended, [])
  t.ok(world.asked.length <= 7, String(world.asked.length))
})

t.test('when all verdicts are doubted, each of thousands of tokens is rechecked once, except those whose streams were removed', async (t) => {
  const world = new World(t)
  const removes: Array<() => void> = []
  const count = 2 * SLICE_SIZE + 10
  for (let i = 0; i < count; i++) removes.push(await world.open(`token-${i}`))
  world.asked.length = 0
  world.introspector.doubt({ all: true })
  for (const remove of removes.splice(-3)) remove()
  for (let turns = 0; turns < count && world.asked.length < count - 3; turns++) await settle()
  await settle()
  t.equal(world.asked.length, count - 3)
  t.equal(new Set(world.asked.map(([token]) => token)).size, count - 3)
})

t.test('when all verdicts are doubted, a few rechecks run at a time, and one while requests wait', async (t) => {
  const world = new World(t)
  for (let i = 0; i < 100; i++) await world.open(`token-${i}`)
  for (const [isBusy, limit] of [[false, 8], [true, 1]] as const) {
    const running = new Set<symbol>()
    let most = 0
    world.isBusy = isBusy
    world.asked.length = 0
    world.respond = async () => {
      const id = Symbol('recheck')
      most = Math.max(most, running.add(id).size)
      await turn()
      running.delete(id)
      return activeResponse()
    }
    world.clock.advance(1)
    world.introspector.doubt({ sub: 'ada' })
    while (world.asked.length < 100 || running.size > 0) await turn()
    t.equal(most, limit)
  }
  t.same(world.ended, [])
})

t.test('rechecks that end at once do not block the event loop', async (t) => {
  const world = new World(t)
  for (let i = 0; i < 50; i++) await world.open(`token-${i}`)
  world.respond = () => { throw OUTAGE }
  world.asked.length = 0
  world.introspector.doubt({ all: true })
  await turn()
  await turn()
  t.ok(world.asked.length < 50, `${world.asked.length} after two turns`)
  while (world.asked.length < 50) await turn()
})

t.test('a stream that is removed while its recheck waits or runs is not rechecked again', async (t) => {
  const world = new World(t)
  const removals: Array<() => void> = []
  for (let i = 0; i < 20; i++) removals.push(await world.open(`token-${i}`))
  world.asked.length = 0
  let release = (): void => {}
  const released = new Promise<void>((resolve) => { release = resolve })
  world.respond = async () => {
    await released
    return { active: false }
  }
  world.introspector.doubt({ sub: 'ada' })
  await settle()
  t.equal(world.asked.length, 8)
  world.introspector.doubt({ all: true })
  world.clock.advance(1)
  for (const remove of removals) remove()
  release()
  await settle()
  t.same(world.ended, [])
  t.equal(world.asked.length, 16, 'those in flight are sent again, because they were doubted; the others are not sent')
})

t.test('a verdict that is older than the one that is known changes nothing, and a newer one is indexed by its names', async (t) => {
  const world = new World(t)
  await world.open('a', 0)
  const older = await world.introspector.getVerdict('a')
  world.clock.advance(40)
  world.respond = () => activeResponse({ sub: 'renamed' })
  const newer = await world.introspector.getVerdict('a')
  t.equal(newer.sub, 'renamed')
  world.respond = () => ({ active: false })
  const request = {} as FastifyRequest
  setAccessContext(request, { token: 'a', verdict: older, introspector: world.introspector, requirement: ANY_ACTIVE_TOKEN, checkedAt: 0, previous: undefined, isPassing: false })
  t.teardown(world.watcher.add('a', older, { request, interval: Infinity, end: () => {} }))
  await settle()
  t.same(world.ended, [])
  world.introspector.doubt({ sub: 'ada' })
  await settle()
  t.same(world.ended, [])
  world.introspector.doubt({ sub: 'renamed' })
  await settle()
  t.same(world.ended, ['a'])
})

t.test('a token that is forgotten before its jti is known: streams of the tokens with this jti are rechecked', async (t) => {
  const world = new World(t)
  world.respond = () => activeResponse({ jti: 'V2_1-at_1' })
  await world.open('a', 0)
  let arrive = (_response: object): void => {}
  world.respond = async () => await new Promise<object>((resolve) => { arrive = resolve })
  const pending = world.introspector.getVerdict('b')
  await world.introspector.forget({ token: 'b' })
  world.clock.advance(1)
  world.respond = () => ({ active: false })
  arrive(activeResponse({ jti: 'V2_1-at_1' }))
  await pending
  await settle()
  t.same(world.ended, ['a'])
})

t.test('a response that was asked for earlier than the one that is known ends nothing', async (t) => {
  const world = new World(t)
  await world.open('a', 0)
  const { askedAt } = await world.introspector.getVerdict('a')
  world.watcher.onVerdict(hashToken('a'), createIntrospectedVerdict({ active: false }, askedAt - 1))
  t.same(world.ended, [])
  world.watcher.onVerdict(hashToken('a'), createIntrospectedVerdict({ active: false }, askedAt))
  t.same(world.ended, ['a'])
})

t.test('a recheck in flight when the server closes ends no stream, and is not repeated', async (t) => {
  const world = new World(t)
  await world.open('a')
  let arrive = (_response: object): void => {}
  world.respond = async () => await new Promise<object>((resolve) => { arrive = resolve })
  await world.pass(60)
  t.equal(world.asked.length, 2)
  world.watcher.onOutdated({ all: true })
  world.watcher.close()
  arrive({ active: false })
  await settle()
  t.same(world.ended, [])
  t.equal(world.asked.length, 2)
})

t.test('while the process is cut off, a token is rechecked when the guard would ask again', async (t) => {
  const world = new World(t)
  for (const token of ['a', 'b', 'c', 'd']) await world.open(token, token === 'd' ? 0 : 3600)
  await world.pass(20)
  t.equal(world.asked.length, 4)
  // The subscription reports it each five seconds.
  for (let second = 0; second < 30; second++) {
    if (second % 5 === 0) world.watcher.onCutOff(12_000)
    await world.pass(1)
    if (second === 5) t.equal(world.asked.length, 4, 'not all at once')
    if (second === 11) t.equal(world.asked.length, 8)
  }
  const rechecks = world.asked.slice(4)
  for (const token of ['a', 'b', 'c', 'd']) {
    const times = [20, ...rechecks.filter(([asked]) => asked === token).map(([, seconds]) => seconds)]
    for (const [index, seconds] of [...times, 50].entries()) t.ok(index === 0 || seconds - times[index - 1]! <= 12, `${token}: ${times.slice(1).join(', ')}`)
  }
  world.watcher.onCutOff(Infinity)
  const before = world.asked.length
  await world.pass(120)
  t.equal(world.asked.length, before)
  world.respond = () => ({ active: false })
  world.watcher.onCutOff(12_000)
  await world.pass(12)
  t.same(world.ended.sort(), ['a', 'b', 'c', 'd'])
})

t.test('a thousand streams of one token with different intervals are removed in linear time', async (t) => {
  const watched = new WatchedToken(hashToken('token'), 'token', createIntrospectedVerdict({ active: true }, 0))
  let reads = 0
  const streams = Array.from({ length: 1000 }, (_, index) => ({
    request: {} as FastifyRequest,
    get interval () {
      reads++
      return 1000 * (index + 1)
    },
    end () {}
  }))
  for (const stream of streams) watched.add(stream)
  for (const stream of streams.slice(0, -1)) t.ok(watched.remove(stream))
  t.notOk(watched.remove(streams[0]!))
  t.ok(reads < 5000, String(reads))
  t.notOk(watched.isDue(900_000, undefined), 'the last stream has the longest interval')
  t.ok(watched.isDue(1_000_000, undefined))
})

t.test('the timer rechecks by itself, again and again, and at the earliest time that is due', async (t) => {
  const world = new World(t)
  await world.open('late', 3600)
  await world.open('a', 0.2)
  for (let count = 3; count <= 5; count++) {
    world.clock.advance(0.2)
    // A timer of 15 s, or none, would be too late.
    for (let waited = 0; world.asked.length < count && waited < 100; waited++) await new Promise((resolve) => setTimeout(resolve, 20))
    t.equal(world.asked.length, count)
  }
  t.same(world.asked.slice(2).map(([token]) => token), ['a', 'a', 'a'])
  world.watcher.close()
  world.clock.advance(0.2)
  await new Promise((resolve) => setTimeout(resolve, 250))
  t.equal(world.asked.length, 5, 'not after it is closed')
})
