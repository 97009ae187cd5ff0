import t from 'tap'
import Fastify from 'fastify'
import zitadel, { type ZitadelOptions } from '../../lib/index.ts'
import type { CredentialsMessage, OutageMessage } from '../../lib/channels.ts'
import { startStandIn, type StandIn } from '../../lib/testing/index.ts'
import { getFreePort } from '../fixtures/redis.ts'
import { collectMessages } from '../fixtures/subscribe.ts'
import { listen, type TestContext } from '../fixtures/guarded-app.ts'
import { basic, startTestApp, type TestApp } from '../fixtures/test-app.ts'

/** A stand-in that is closed after the test. */
async function startClosingStandIn (t: TestContext): Promise<StandIn> {
  const standIn = await startStandIn()
  t.teardown(() => standIn.close())
  return standIn
}

/** Returns why an app does not become ready; undefined if it does. */
async function findStartError (t: TestContext, options: ZitadelOptions): Promise<Error | undefined> {
  const app = Fastify()
  t.teardown(async () => await app.close())
  app.register(zitadel, options)
  return await app.ready().then(() => undefined, (error: Error) => error)
}

t.test('with verifyOnStart, the server starts if ZITADEL accepts this API', async (t) => {
  const { issuer, credentials, requests } = await startClosingStandIn(t)
  t.equal(await findStartError(t, { issuer, credentials, verifyOnStart: true }), undefined)
  t.equal(requests.length, 1)
})

t.test('with verifyOnStart, the server does not start if ZITADEL rejects this API, and the error says what to check', async (t) => {
  const { issuer, credentials, api } = await startClosingStandIn(t)
  api.deactivate()
  t.match(await findStartError(t, { issuer, credentials, verifyOnStart: true }), {
    code: 'FST_ZITADEL_CLIENT_REJECTED', message: /^option "verifyOnStart": ZITADEL rejects this API's credentials .*check that the key or secret exists/
  })
})

t.test('with verifyOnStart, the server does not start if ZITADEL is down or does not answer within the timeout', async (t) => {
  const standIn = await startClosingStandIn(t)
  const { issuer, credentials } = standIn
  standIn.fail('hang')
  const startedAt = performance.now()
  t.match(await findStartError(t, { issuer, credentials, verifyOnStart: true, timeout: 500 }), {
    code: 'FST_ZITADEL_UNAVAILABLE', message: 'option "verifyOnStart": no answer from ZITADEL within 500 ms'
  })
  t.ok(performance.now() - startedAt < 500 + 2000)
  await standIn.close()
  t.match(await findStartError(t, { issuer, credentials, verifyOnStart: true }), { message: 'option "verifyOnStart": no answer from ZITADEL (ECONNREFUSED): check that ZITADEL runs, and listens at "issuer" or "address"' })
})

t.test('with verifyOnStart, a failure is one error with the status of a request that fails, and no log line beside it', async (t) => {
  const { issuer, credentials, api } = await startClosingStandIn(t)
  api.deactivate()
  const origin = `http://127.0.0.1:${await getFreePort()}`
  const outages = collectMessages<OutageMessage>(t, 'fastify-zitadel:outage')
  const changes = collectMessages<CredentialsMessage>(t, 'fastify-zitadel:credentials')
  for (const [options, expected] of [
    [{ issuer, credentials }, { code: 'FST_ZITADEL_CLIENT_REJECTED', statusCode: 500, headers: {} }],
    [{ issuer: origin, credentials: basic }, { code: 'FST_ZITADEL_UNAVAILABLE', statusCode: 503, headers: { 'retry-after': '5' } }],
    [{ introspect: () => { throw new Error('broken') } }, { code: 'FST_ZITADEL_UNAVAILABLE', statusCode: 503, headers: { 'retry-after': '5' } }]
  ] as const) {
    const lines: string[] = []
    const app = Fastify({ logger: { level: 'warn', stream: { write: (line) => { lines.push(line) } } } })
    app.register(zitadel, { ...options, verifyOnStart: true })
    await t.rejects(async () => await app.ready(), expected)
    await app.close()
    t.same(lines, [])
  }
  const published = [...changes, ...outages.filter(({ state }) => state === 'failed')]
  t.match(published, [{ state: 'rejected', reason: /^ZITADEL rejects/ }, { state: 'failed', reason: /ECONNREFUSED/ }, { state: 'failed', reason: 'introspect() threw' }], 'each is published once')
  t.equal(published.length, 3)
})

t.test('without verifyOnStart, an app that does not listen sends no request', async (t) => {
  const standIn = await startClosingStandIn(t)
  const { issuer, credentials } = standIn
  standIn.fail('hang')
  t.equal(await findStartError(t, { issuer, credentials, timeout: 2_000_000_000 }), undefined)
  t.equal(standIn.requests.length, 0)
})

t.test('with introspect, verifyOnStart calls that function', async (t) => {
  t.equal(await findStartError(t, { introspect: () => ({ active: false }), verifyOnStart: true }), undefined)
  t.match(await findStartError(t, { introspect: () => { throw new Error('broken') }, verifyOnStart: true }), { message: 'option "verifyOnStart": introspect() threw' })
})

/** An app that listens, with the options of a stand-in. */
async function startListening (t: TestContext, options: ZitadelOptions): Promise<TestApp> {
  const connected = await startTestApp(t, options)
  await listen(connected.app)
  return connected
}

/** Waits until the check that runs in the background has its result: a second one joins it. */
async function endCheck ({ zitadel }: TestApp): Promise<void> { await zitadel.check() }

t.test('a server that listens is checked in the background, with one request and no line if all is well', async (t) => {
  const { issuer, credentials, requests } = await startClosingStandIn(t)
  const app = await startListening(t, { issuer, credentials })
  await endCheck(app)
  t.equal(requests.length, 1)
  t.same(app.lines, [])
})

t.test('the check in the background writes one line if the credentials are rejected', async (t) => {
  const { issuer, credentials, api } = await startClosingStandIn(t)
  api.deactivate()
  const app = await startListening(t, { issuer, credentials })
  await endCheck(app)
  t.equal(app.lines.length, 1)
  t.match(app.lines[0], { level: 50, code: 'FST_ZITADEL_CLIENT_REJECTED', msg: /^fastify-zitadel: ZITADEL rejects this API's credentials .*check that the key or secret exists/ })
})

t.test('the check in the background writes one line if the host is wrong', async (t) => {
  const standIn = await startClosingStandIn(t)
  const { issuer, credentials } = standIn
  await standIn.close()
  const app = await startListening(t, { issuer, credentials })
  await endCheck(app)
  t.equal(app.lines.length, 1)
  t.match(app.lines[0], { level: 40, code: 'FST_ZITADEL_UNAVAILABLE' })
  t.equal(app.lines[0]!.msg, `fastify-zitadel: no answer from ZITADEL (ECONNREFUSED): check that ZITADEL runs, and listens at "issuer" or "address"; it was asked at ${issuer}`)
})

t.test('close() ends a check in the background at once, without a line', async (t) => {
  const standIn = await startClosingStandIn(t)
  const { issuer, credentials } = standIn
  standIn.fail('hang')
  const { app, lines } = await startListening(t, { issuer, credentials, timeout: 60_000 })
  while (standIn.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  const closingAt = performance.now()
  await app.close()
  t.ok(performance.now() - closingAt < 5000)
  t.same(lines, [])
})

for (const verifyOnStart of [false, true]) {
  t.test(`with verifyOnStart: ${String(verifyOnStart)}, no check runs in the background`, async (t) => {
    const { issuer, credentials, requests } = await startClosingStandIn(t)
    const { zitadel } = await startListening(t, { issuer, credentials, verifyOnStart })
    t.equal(requests.length, verifyOnStart ? 1 : 0)
    await zitadel.introspect('unknown')
    t.equal(requests.length, verifyOnStart ? 2 : 1)
  })
}

t.test('with introspect, no check runs in the background', async (t) => {
  const tokens: string[] = []
  const introspect = (token: string): object => { tokens.push(token); return { active: false } }
  const { zitadel } = await startListening(t, { introspect })
  await zitadel.introspect('unknown')
  t.same(tokens, ['unknown'])
})
