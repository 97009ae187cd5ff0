import t from 'tap'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startStandIn } from '../../lib/testing/index.ts'
import { runApp } from '../fixtures/run-app.ts'

/** Milliseconds that a process may wait for the responses of a slow machine. */
const TOLERANCE = 2000

t.test('a process whose key file is watched', { jobs: 2 }, async (t) => {
  for (const close of [true, false]) {
    const when = close ? 'after app.close()' : 'without app.close()'
    t.test(`exits by itself ${when}`, async (t) => {
      const standIn = await startStandIn()
      t.teardown(() => standIn.close())
      const keyFile = join(t.testdir({}), 'key.json')
      await writeFile(keyFile, JSON.stringify(standIn.api.key))
      const token = await standIn.issueToken()
      const { started, statuses, exitCode, waited } = await runApp(t, { options: { issuer: standIn.issuer, credentials: { keyFile }, limits: { perSecond: 100 } }, tokens: [token, token, token, 'unknown'], close })
      t.same([started, statuses, exitCode], ['started', [200, 200, 200, 401], 0])
      t.ok(waited < TOLERANCE)
    })

    t.test(`exits by itself ${when}, if its start has failed`, async (t) => {
      const standIn = await startStandIn()
      t.teardown(() => standIn.close())
      standIn.api.deactivate()
      const keyFile = join(t.testdir({}), 'key.json')
      await writeFile(keyFile, JSON.stringify(standIn.api.key))
      const { started, exitCode, waited } = await runApp(t, { options: { issuer: standIn.issuer, credentials: { keyFile }, verifyOnStart: true }, close })
      t.same([started, exitCode], ['FST_ZITADEL_CLIENT_REJECTED', 0])
      t.ok(waited < TOLERANCE)
    })
  }
})
