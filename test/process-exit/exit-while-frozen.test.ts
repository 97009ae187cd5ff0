import t from 'tap'
import { startFreezable } from '../fixtures/frozen-stand-in.ts'
import { runApp } from '../fixtures/run-app.ts'

const timeout = 1000
/** Milliseconds that a slow machine may need to end a process. */
const TOLERANCE = 4000

t.test('a process ends by itself while ZITADEL is frozen, and waiting callers get 503', async (t) => {
  const { issuer, key, others, freeze } = await startFreezable(t)
  freeze()
  const options = { issuer, credentials: { key }, timeout }
  const ended = await Promise.all([true, false].map(async (close) => await runApp(t, { options, unanswered: others.slice(0, 3), close })))
  for (const { started, late, exitCode, after } of ended) {
    t.same([started, late, exitCode], ['started', [503, 503, 503], 0])
    t.ok(after < timeout + TOLERANCE)
  }
})
