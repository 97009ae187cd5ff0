import t from 'tap'
import { AsyncLocalStorage } from 'node:async_hooks'
import { tracingChannel } from 'node:diagnostics_channel'
import type { CredentialsMessage, IntrospectionMessage, OutageMessage } from '../../lib/channels.ts'
import { startGuardedApp } from '../fixtures/guarded-app.ts'
import { collectMessages, collectTraces } from '../fixtures/subscribe.ts'
import { startProxiedApp } from '../fixtures/test-app.ts'

/** ZITADEL does not accept the credentials. */
const REJECTED = { status: 400, body: '{"error":"invalid_client"}', contentType: 'application/json' }

t.test('an introspection publishes its steps with one frozen message', async (t) => {
  const { standIn, ask } = await startProxiedApp(t)
  const token = await standIn.issueToken()
  const traces = collectTraces(t)
  t.equal(await ask(token), 'active')
  t.same(traces.map(({ step }) => step), ['start', 'end', 'asyncStart', 'asyncEnd'])
  t.equal(new Set(traces.map(({ message }) => message)).size, 1)
  const { registration, ...first } = traces[0]!.seen
  t.type(registration, 'number')
  t.same(first, { wasActive: false, requests: 0 }, 'nothing more is known at the start')
  t.same(traces[3]!.seen, { registration, wasActive: false, outcome: 'active', status: 200, requests: 1, wait: 0, duration: 0 })
  const { message } = traces[3]!
  t.ok(Object.isFrozen(message))
  t.throws(() => { Object.assign(message, { outcome: 'inactive' }) }, TypeError)
  t.equal(message.outcome, 'active')
  t.equal(await ask(token), 'active')
  t.equal(traces.length, 4, 'a cached token causes no message')
  t.notMatch(JSON.stringify(traces), token)
})

t.test('an inactive token is an outcome and no error', async (t) => {
  const { ask } = await startProxiedApp(t)
  const traces = collectTraces(t)
  t.equal(await ask(), 'inactive')
  t.equal(traces.at(-1)!.seen.outcome, 'inactive')
  t.notOk(traces.some(({ step }) => step === 'error'))
})

t.test('a token that was active is introspected twice before it counts as inactive, and the message tells', async (t) => {
  const { standIn, ask, clock } = await startProxiedApp(t)
  const token = await standIn.issueToken()
  t.equal(await ask(token), 'active')
  standIn.revoke(token)
  clock.advance(31)
  const traces = collectTraces(t)
  t.equal(await ask(token), 'inactive')
  t.match(traces.at(-1)!.seen, { wasActive: true, requests: 2, status: 200, outcome: 'inactive' })
})

t.test('an outage is an error of the introspection, and an outage message', async (t) => {
  const { standIn, ask } = await startProxiedApp(t, { retry: false })
  const traces = collectTraces(t)
  const outages = collectMessages<OutageMessage>(t, 'fastify-zitadel:outage')
  standIn.fail({ status: 503 })
  t.equal(await ask(), 'FST_ZITADEL_UNAVAILABLE')
  t.same(traces.map(({ step }) => step), ['start', 'end', 'error', 'asyncStart', 'asyncEnd'])
  t.match(traces[2]!.seen, { outcome: 'failed', code: 'FST_ZITADEL_UNAVAILABLE', reason: /503/, status: 503, requests: 1 })
  t.match(outages, [{ state: 'failed', reason: /503/ }])
  t.ok(Object.isFrozen(outages[0]))
})

t.test('the circuit publishes that it opened and closed', async (t) => {
  const { standIn, ask, clock } = await startProxiedApp(t, { retry: false })
  const outages = collectMessages<OutageMessage>(t, 'fastify-zitadel:outage')
  const traces = collectTraces(t)
  standIn.fail({ status: 503 })
  for (let i = 0; i < 6; i++) await ask(`token${i}`)
  const states = (): string[] => outages.map(({ state }) => state)
  t.same(states(), ['failed', 'failed', 'failed', 'failed', 'opened', 'failed', 'failed'])
  t.match(traces.at(-1)!.seen, { requests: 0, outcome: 'failed' }, 'nothing was sent while the circuit was open')
  t.equal(traces.at(-1)!.message.wait, undefined)
  clock.advance(1)
  await ask('token7')
  t.same(states().slice(7), ['failed'], 'a failed probe opens nothing that is open')
  standIn.fail(null)
  clock.advance(6)
  t.equal(await ask('token8'), 'inactive')
  t.same(states().slice(8), ['closed'])
})

t.test('ZITADEL rejects the credentials: a credentials message, and no outage', async (t) => {
  const { standIn, ask } = await startProxiedApp(t)
  const outages = collectMessages<OutageMessage>(t, 'fastify-zitadel:outage')
  const credentials = collectMessages<CredentialsMessage>(t, 'fastify-zitadel:credentials')
  standIn.fail(REJECTED)
  t.equal(await ask(), 'FST_ZITADEL_CLIENT_REJECTED')
  t.match(credentials, [{ state: 'rejected', code: 'FST_ZITADEL_CLIENT_REJECTED', reason: /credentials/ }])
  t.ok(Object.isFrozen(credentials[0]))
  t.same(outages.map(({ state }) => state), ['opened'])
})

t.test('a reload publishes whether the credentials were replaced, and a new client closes the circuit', async (t) => {
  const { standIn, zitadel, ask } = await startProxiedApp(t, { retry: false })
  const outages = collectMessages<OutageMessage>(t, 'fastify-zitadel:outage')
  const credentials = collectMessages<CredentialsMessage>(t, 'fastify-zitadel:credentials')
  standIn.fail(REJECTED)
  t.equal((await zitadel.reload()).ok, false)
  t.match(credentials, [{ state: 'kept', code: 'FST_ZITADEL_CLIENT_REJECTED', reason: /credentials/ }])
  t.same(outages, [], 'the circuit of credentials on trial is not published')
  await ask()
  t.same(outages.map(({ state }) => state), ['opened'])
  standIn.fail(null)
  t.equal((await zitadel.reload()).ok, true)
  t.same(credentials.map(({ state }) => state), ['kept', 'rejected', 'replaced'])
  t.same([credentials[2]!.code, credentials[2]!.reason], [undefined, undefined])
  t.same(outages.map(({ state }) => state), ['opened', 'closed'])
  t.equal((await zitadel.reload()).ok, true)
  t.equal(outages.length, 2)
})

t.test('the option introspect publishes introspections without a status', async (t) => {
  const { zitadel } = await startGuardedApp(t, { responses: { broken: () => { throw new Error('secret') } } })
  const traces = collectTraces(t)
  const outages = collectMessages<OutageMessage>(t, 'fastify-zitadel:outage')
  await zitadel().introspect('good')
  t.match(traces.at(-1)!.seen, { outcome: 'active', requests: 1 })
  t.equal(traces.at(-1)!.message.status, undefined)
  await t.rejects(zitadel().introspect('broken'))
  t.match(traces.at(-1)!.seen, { outcome: 'failed', reason: 'introspect() threw' })
  t.match(outages, [{ state: 'failed', reason: 'introspect() threw' }])
})

t.test('a store that is bound to the start reaches what runs during the introspection', async (t) => {
  const store = new AsyncLocalStorage<boolean>()
  let seen: boolean | undefined
  const { zitadel } = await startGuardedApp(t, { responses: { traced: () => { seen = store.getStore(); return { active: false } } } })
  const { start } = tracingChannel<boolean, IntrospectionMessage>('fastify-zitadel:introspection')
  start.bindStore(store, ({ wasActive }) => !wasActive)
  t.teardown(() => { start.unbindStore(store) })
  await zitadel().introspect('traced')
  t.equal(seen, true)
})

t.test('each registration has its number', async (t) => {
  const first = await startGuardedApp(t)
  const second = await startGuardedApp(t)
  const traces = collectTraces(t)
  await first.zitadel().introspect('good')
  await second.zitadel().introspect('good')
  const numbers = new Set(traces.map(({ message }) => message.registration))
  t.equal(numbers.size, 2)
})
