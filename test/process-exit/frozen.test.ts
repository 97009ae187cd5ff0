import t from 'tap'
import { startFreezable } from '../fixtures/frozen-stand-in.ts'
import { needsStoppedProcess } from '../fixtures/platform.ts'
import { runApp } from '../fixtures/run-app.ts'
import { OK, startTestApp, unavailable } from '../fixtures/test-app.ts'

/** Milliseconds that a process may wait for the responses of a slow machine. */
const TOLERANCE = 2000

t.test('if the process of ZITADEL is frozen', needsStoppedProcess, async (t) => {
  const { issuer, key, token, others, freeze, thaw } = await startFreezable(t)
  const { clock, get, lines } = await startTestApp(t, { issuer, credentials: { key: JSON.stringify(key) }, timeout: 1000 })
  t.same(await get(token), OK)
  freeze()

  const timeout = 300
  const options = { issuer, credentials: { key }, timeout }
  const closings = [true, false]
  const [failedStarts, waiting] = await Promise.all([
    Promise.all(closings.map(async (close) => await runApp(t, { options: { ...options, verifyOnStart: true }, close }))),
    Promise.all(closings.map(async (close) => await runApp(t, { options, unanswered: others.slice(0, 3), close })))
  ])

  t.test('a process whose start fails exits by itself', async (t) => {
    for (const { started, exitCode, waited } of failedStarts) {
      t.same([started, exitCode], ['FST_ZITADEL_UNAVAILABLE', 0])
      t.ok(waited < TOLERANCE)
    }
  })

  t.test('a process exits by itself after its waiting callers have received a 503', async (t) => {
    for (const { started, late, exitCode, waited } of waiting) {
      t.same([started, late, exitCode], ['started', [503, 503, 503], 0])
      t.ok(waited < timeout + TOLERANCE)
    }
  })

  t.test('callers get a 503 within the timeout, later callers at once, and a 200 after the process continues', async (t) => {
    const startedAt = performance.now()
    t.same(await Promise.all(others.map(async (other) => await get(other))), others.map(() => unavailable()))
    t.ok(performance.now() - startedAt < 1000 + 2000)
    t.same(await get(token), OK, 'a cached token is still accepted')
    for (const other of others) t.same(await get(other), unavailable(1))
    t.ok(performance.now() - startedAt < 2000 + 2000, 'later callers do not wait')
    t.match(lines[0]!.msg, /no answer from ZITADEL within 1000 ms/)
    thaw()
    clock.advance(5)
    t.same(await get(others[0]!), OK)
    t.same(await Promise.all(others.map(async (other) => await get(other))), others.map(() => OK))
  })
})
