import t from 'tap'
import { createClock, systemClock } from '../lib/clock.ts'
import { startConnectedApp } from './fixtures/test-app.ts'
import { startStandIn } from '../lib/testing/index.ts'

const RealDate = Date

/** Replaces Date as fake timers do. */
function fakeDate (t: { teardown: (end: () => void) => void }, now: () => number): void {
  class FakeDate extends RealDate {
    constructor (...given: unknown[]) { super(...(given.length === 0 ? [now()] : given) as []) }
    static override now (): number { return now() }
  }
  globalThis.Date = FakeDate as DateConstructor
  t.teardown(() => { globalThis.Date = RealDate })
}

t.test('the system clock reads a Date that fake timers replaced after the import', async (t) => {
  fakeDate(t, () => 1_750_000_000_000)
  t.equal(systemClock.wall(), 1_750_000_000_000)
  t.ok(systemClock.monotonic() <= performance.now())
})

t.test('with a fake Date, a token is accepted until its exp by that Date, and denied afterwards', async (t) => {
  let now = 1_750_000_000_000
  fakeDate(t, () => now)
  const { status } = await startConnectedApp(t, { introspect: () => ({ active: true, sub: 'ada', exp: 1_750_000_060 }) })
  t.equal(await status('/'), 200)
  now += 120_000
  t.equal(await status('/'), 401)
})

/** Replaces `performance.now()` as fake timers do. @returns the function that ends it */
function fakePerformance (t: { teardown: (end: () => void) => void }, now: () => number): () => void {
  Object.defineProperty(performance, 'now', { value: now, configurable: true, writable: true })
  const end = (): void => { Reflect.deleteProperty(performance, 'now') }
  t.teardown(end)
  return end
}

t.test('the monotonic time of the system clock stands still where performance.now() goes back, and then goes on', async (t) => {
  let now = performance.now() + 3_600_000
  const end = fakePerformance(t, () => now)
  const before = systemClock.monotonic()
  t.equal((now += 10, systemClock.monotonic()), before + 10)
  t.equal((now = 5, systemClock.monotonic()), before + 10)
  t.equal((now = 8, systemClock.monotonic()), before + 13)
  end()
  const after = systemClock.monotonic()
  t.ok(after >= before + 13)
  t.ok(systemClock.monotonic() - after < 1000)
})

t.test('after fake timers that were ahead, the allowance and the circuit breaker go on as before', async (t) => {
  const standIn = await startStandIn()
  t.teardown(async () => await standIn.close())
  let now = performance.now()
  fakePerformance(t, () => now)
  fakeDate(t, () => 1_750_000_000_000 + now)
  const { ask } = await startConnectedApp(t, { issuer: standIn.issuer, credentials: standIn.credentials, limits: { perSecond: 100 }, retry: false, timeout: 1000 })
  now += 3_600_000
  t.equal(await ask(await standIn.issueToken()), 'active')
  standIn.fail({ status: 503 })
  for (let i = 0; i < 5; i++) await ask(`token-${i}`)
  standIn.fail(null)
  now -= 3_600_000
  t.equal(await ask(await standIn.issueToken()), 'FST_ZITADEL_UNAVAILABLE', 'the circuit is open')
  now += 1000
  t.equal(await ask(await standIn.issueToken()), 'active')
})

t.test('the monotonic time goes on while the machine is suspended, and steadily if the wall time is set back or adjusted gradually', async (t) => {
  const now = { wall: 1_750_000_000_000, monotonic: 5000 }
  const clock = createClock(() => now.wall, () => now.monotonic)
  let last = clock.monotonic()
  t.equal(last, 5000)
  for (const [wall, monotonic, expected] of [[10, 10, 10], [8 * 3_600_000, 20, 8 * 3_600_000], [10, 10, 10], [1010, 10, 10], [1011, 10, 1011], [-3_600_000, 10, 10], [0, 10, 10], [0, -5000, 0], [20, 20, 20]] as const) {
    now.wall += wall
    now.monotonic += monotonic
    const passed = clock.monotonic() - last
    last += passed
    t.equal(passed, expected)
    t.equal(clock.wall(), now.wall)
  }
})
