import t from 'tap'
import { AsyncLocalStorage } from 'node:async_hooks'
import { tracingChannel } from 'node:diagnostics_channel'
import type { CredentialsMessage, DecisionMessage, ForgetMessage, IntrospectionMessage, OutageMessage } from '../../lib/channels.ts'
import { activeResponse, startGuardedApp } from '../fixtures/guarded-app.ts'
import { Gate } from '../fixtures/peer.ts'
import { SIGNING_KEY, findRecorded, sign } from '../fixtures/recorded-events.ts'
import { collectMessages, collectTraces } from '../fixtures/subscribe.ts'
import { startProxiedApp } from '../fixtures/test-app.ts'
import { readFileSync } from 'node:fs'
import * as channels from '../../lib/channels.ts'

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
  t.same(traces[3]!.seen, { registration, wasActive: false, outcome: 'active', status: 200, requests: 1, wait: 0, duration: 0, joined: 0 })
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

t.test('a token that was active is introspected twice before it counts as inactive, and the message shows that', async (t) => {
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

t.test('the message of an introspection has the number of other requests that waited for it', async (t) => {
  const gate = new Gate()
  const { zitadel } = await startGuardedApp(t, { responses: { slow: async () => { await gate.opened; return activeResponse() } } })
  const traces = collectTraces(t)
  const asking = Promise.all([1, 2, 3].map(async () => await zitadel().introspect('slow')))
  gate.open()
  await asking
  t.equal(traces[0]!.seen.joined, undefined)
  t.equal(traces.at(-1)!.message.joined, 2)
})

t.test('a forget publishes what caused it, and how many verdicts it applies to', async (t) => {
  const sub = findRecorded('user.locked').aggregateID
  const { app, clock, zitadel } = await startGuardedApp(t, { responses: { other: activeResponse({ sub }), third: activeResponse({ sub }) }, options: { events: { path: '/events', signingKey: SIGNING_KEY } } })
  const forgets = collectMessages<ForgetMessage>(t, 'fastify-zitadel:forget')
  const fill = async (): Promise<void> => { for (const token of ['good', 'other', 'third', 'inactive']) await zitadel().introspect(token) }
  const post = async (body: object): Promise<void> => {
    const payload = JSON.stringify(body)
    await app.inject({ method: 'POST', url: '/events', headers: { 'zitadel-signature': sign(payload, clock.seconds) }, payload })
  }
  await fill()
  await zitadel().forget({ token: 'good' })
  await zitadel().forget({ jti: 'unknown' })
  await post(findRecorded('user.locked'))
  await post(findRecorded('oidc_session.access_token.revoked'))
  await fill()
  await post(findRecorded('user.grant.deactivated'))
  const sources = forgets.map(({ registration, ...rest }) => rest)
  t.same(sources, [
    { kind: 'forget', source: 'call', target: 'token', verdicts: 1, sub: undefined },
    { kind: 'forget', source: 'call', target: 'jti', verdicts: 0, sub: undefined },
    { kind: 'doubt', source: 'event', target: 'sub', verdicts: 2, sub: undefined },
    { kind: 'doubt', source: 'event', target: 'session', verdicts: 0, sub: undefined },
    { kind: 'doubt', source: 'event', target: 'all', verdicts: 4, sub: undefined }
  ])
  t.ok(forgets.every(Object.isFrozen))
  t.type(forgets[0]!.registration, 'number')
  t.notMatch(JSON.stringify(forgets), sub)
})

t.test('with the option publishSub, decisions and forgets name the user', async (t) => {
  const { app, get, zitadel } = await startGuardedApp(t, { options: { publishSub: true } })
  app.get('/', async () => 'served')
  const decisions = collectMessages<DecisionMessage>(t, 'fastify-zitadel:decision')
  const forgets = collectMessages<ForgetMessage>(t, 'fastify-zitadel:forget')
  await get('/')
  await get('/', 'unknown')
  await get('/', null)
  t.same(decisions.map(({ sub }) => sub), ['ada', undefined, undefined])
  await zitadel().forget({ sub: 'ada' })
  await zitadel().forget({ token: 'good' })
  t.same(forgets.map(({ sub }) => sub), ['ada', undefined])
})

t.test('the names of the channels are those of the documents', async (t) => {
  const documents = readFileSync('docs/observability.md', 'utf8')
  for (const { name } of [channels.DECISION, channels.OUTAGE, channels.FORGET, channels.CREDENTIALS, channels.EVENT, channels.LOGOUT]) {
    t.match(name, /^fastify-zitadel:[a-z]+$/)
    t.ok(documents.includes(name as string), String(name))
  }
})
