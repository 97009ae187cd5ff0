import t from 'tap'
import { startUnreachable } from '../fixtures/frozen-stand-in.ts'
import { needsStoppedProcess } from '../fixtures/platform.ts'
import { basic } from '../fixtures/test-app.ts'
import { runApp } from '../fixtures/run-app.ts'

const timeout = 300
/** Milliseconds that a process may wait for the responses of a slow machine. */
const TOLERANCE = 2000

t.test('a process exits by itself if attempts to connect to ZITADEL hang', needsStoppedProcess, async (t) => {
  const { origin } = await startUnreachable(t)
  const options = { issuer: origin, credentials: basic, timeout }
  const ended = await Promise.all([true, false].map(async (close) => await runApp(t, { options, unanswered: ['one'], close })))
  for (const { late, exitCode, waited } of ended) {
    t.same([late, exitCode], [[503], 0])
    t.ok(waited < timeout + TOLERANCE)
  }
})
