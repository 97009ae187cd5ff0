import t from 'tap'
import Fastify from 'fastify'
import zitadel, { type ZitadelOptions } from '../../lib/index.ts'
import { startStandIn, type StandIn } from '../../lib/testing/index.ts'
import type { TestContext } from '../fixtures/guarded-app.ts'

async function standInFor (t: TestContext): Promise<StandIn> {
  const standIn = await startStandIn()
  t.teardown(() => standIn.close())
  return standIn
}

/** undefined for a start that succeeds. */
async function failureOf (t: TestContext, options: ZitadelOptions): Promise<Error | undefined> {
  const app = Fastify()
  t.teardown(async () => await app.close())
  app.register(zitadel, options)
  return await app.ready().then(() => undefined, (error: Error) => error)
}

t.test('verifyOnStart: a start goes well where ZITADEL accepts this API', async (t) => {
  const { issuer, credentials, requests } = await standInFor(t)
  t.equal(await failureOf(t, { issuer, credentials, verifyOnStart: true }), undefined)
  t.equal(requests.length, 1)
})

t.test('it fails where ZITADEL refuses it, and says what to check', async (t) => {
  const { issuer, credentials, api } = await standInFor(t)
  api.deactivate()
  t.match(await failureOf(t, { issuer, credentials, verifyOnStart: true }), {
    code: 'FST_ZITADEL_CLIENT_REJECTED', message: /^option "verifyOnStart": ZITADEL refuses this API's credentials .*check that the key or secret exists/
  })
})

t.test('it fails where ZITADEL is down, or does not answer within the timeout', async (t) => {
  const standIn = await standInFor(t)
  const { issuer, credentials } = standIn
  standIn.fail('hang')
  const startedAt = performance.now()
  t.match(await failureOf(t, { issuer, credentials, verifyOnStart: true, timeout: 500 }), {
    code: 'FST_ZITADEL_UNAVAILABLE', message: 'option "verifyOnStart": no answer from ZITADEL within 500 ms'
  })
  t.ok(performance.now() - startedAt < 500 + 2000)
  await standIn.close()
  t.match(await failureOf(t, { issuer, credentials, verifyOnStart: true }), { message: 'option "verifyOnStart": no answer from ZITADEL (ECONNREFUSED)' })
})

t.test('without it no start waits for ZITADEL, nor asks it', async (t) => {
  const standIn = await standInFor(t)
  const { issuer, credentials } = standIn
  standIn.fail('hang')
  t.equal(await failureOf(t, { issuer, credentials, timeout: 2_000_000_000 }), undefined)
  t.equal(standIn.requests.length, 0)
})

t.test('with introspect in its place, it is that function that is asked', async (t) => {
  t.equal(await failureOf(t, { introspect: () => ({ active: false }), verifyOnStart: true }), undefined)
  t.match(await failureOf(t, { introspect: () => { throw new Error('broken') }, verifyOnStart: true }), { message: 'option "verifyOnStart": introspect() threw' })
})
