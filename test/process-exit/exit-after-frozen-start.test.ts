import t from 'tap'
import { startFreezable } from '../fixtures/frozen-stand-in.ts'
import { runApp } from '../fixtures/run-app.ts'

const timeout = 1000
/** Milliseconds that a slow machine may need to end a process. */
const TOLERANCE = 4000

t.test('a process ends by itself after a start that a frozen ZITADEL has made fail', async (t) => {
  const { issuer, key, freeze } = await startFreezable(t)
  freeze()
  const options = { issuer, credentials: { key }, timeout, verifyOnStart: true }
  const ended = await Promise.all([true, false].map(async (close) => await runApp(t, { options, close })))
  for (const { started, exitCode, after } of ended) {
    t.same([started, exitCode], ['FST_ZITADEL_UNAVAILABLE', 0])
    t.ok(after < TOLERANCE)
  }
})
