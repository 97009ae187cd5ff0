import t from 'tap'
import { systemClock } from '../lib/clock.ts'
import { startConnectedApp } from './fixtures/test-app.ts'

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
