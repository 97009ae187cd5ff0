import t, { type Test } from 'tap'
import type { EventMessage } from '../../lib/channels.ts'
import type { ZitadelOptions } from '../../lib/index.ts'
import { activeResponse, startGuardedApp, type GuardedApp } from '../fixtures/guarded-app.ts'
import { Gate } from '../fixtures/peer.ts'
import { RECORDED_EVENTS, SIGNED_WEBHOOKS, SIGNING_KEY, findRecorded, sign } from '../fixtures/recorded-events.ts'
import { collectMessages } from '../fixtures/subscribe.ts'

const SESSION = 'V2_401242459528498214'
const USER = '401242392587406374'
/** A token for each way in which an event can name it. */
const RESPONSES = {
  user: activeResponse({ sub: USER, jti: 'V2_1-at_1' }),
  session: activeResponse({ sub: 'other', jti: `${SESSION}-at_401242459528563750` }),
  pat: activeResponse({ sub: 'machine', jti: '401242419749719078' }),
  bare: activeResponse({ sub: 'nobody' })
}
const TOKENS = Object.keys(RESPONSES)

interface EventsApp extends GuardedApp {
  readonly events: EventMessage[]
  readonly warnings: string[]
  readonly post: (body: string | Buffer | object, headers?: Record<string, string>) => Promise<number>
  /** Fills the cache, posts an event and returns the tokens that ZITADEL is asked about again. */
  readonly findDoubtful: (body: object) => Promise<string[]>
}

async function startEventsApp (t: Test, options: Partial<ZitadelOptions['events']> = {}, responses: object = {}): Promise<EventsApp> {
  const warnings: string[] = []
  const events = collectMessages<EventMessage>(t, 'fastify-zitadel:event')
  const guarded = await startGuardedApp(t, {
    responses: { ...RESPONSES, ...responses },
    options: { events: { path: '/zitadel/events', ...(options?.signingKeys === undefined && { signingKey: SIGNING_KEY }), ...options } },
    server: { logger: { level: 'warn', stream: { write: (line) => { warnings.push(JSON.parse(line).msg) } } } }
  })
  const { app, clock, calls, get } = guarded
  app.get('/', async () => 'served')
  const post: EventsApp['post'] = async (body, headers) => {
    const payload = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body)
    const response = await app.inject({ method: 'POST', url: '/zitadel/events', headers: headers ?? { 'content-type': 'application/json', 'zitadel-signature': sign(payload, clock.seconds) }, payload })
    t.equal(response.body, '')
    return response.statusCode
  }
  const findDoubtful: EventsApp['findDoubtful'] = async (body) => {
    for (const token of TOKENS) await get('/', token)
    await post(body)
    calls.length = 0
    for (const token of TOKENS) await get('/', token)
    return [...calls]
  }
  return { ...guarded, events, warnings, post, findDoubtful }
}

t.test('an event makes only the verdicts doubtful that it names', async (t) => {
  const { findDoubtful, events } = await startEventsApp(t)
  t.same(await findDoubtful(findRecorded('user.locked')), ['user'])
  t.same(await findDoubtful(findRecorded('oidc_session.access_token.revoked')), ['session'])
  t.same(await findDoubtful(findRecorded('user.pat.removed')), ['pat'])
  t.same(await findDoubtful(findRecorded('project.role.added')), [])
  t.same(await findDoubtful(findRecorded('user.grant.cascade.changed')), TOKENS, 'no event has named the user')
  t.same(await findDoubtful(findRecorded('user.grant.added')), ['user'])
  t.same(await findDoubtful(findRecorded('user.grant.deactivated')), ['user'], 'the user is known from the event before')
  t.match(events.map(({ outcome, target }) => [outcome, target]), [['applied', 'sub'], ['applied', 'session'], ['applied', 'jti'], ['ignored', undefined], ['applied', 'all'], ['applied', 'sub'], ['applied', 'sub']])
  t.ok(events.every(Object.isFrozen))
  t.notMatch(JSON.stringify(events), USER)
})

t.test('every recorded event is answered 204, by its bytes and not by their declared type', async (t) => {
  const { post, clock } = await startEventsApp(t)
  for (const [index, event] of RECORDED_EVENTS.entries()) t.equal(await post({ ...event, sequence: 1000 + index }), 204, event.event_type)
  for (const type of ['application/json', 'application/json; charset=utf-8', 'text/plain', 'application/jwt', 'x/y']) {
    const body = JSON.stringify(findRecorded('user.locked', { sequence: 2000 + type.length }))
    t.equal(await post(body, { 'content-type': type, 'zitadel-signature': sign(body, clock.seconds) }), 204, type)
  }
})

t.test('webhooks that a real server signed are applied', async (t) => {
  const { app, clock, post, get, calls } = await startEventsApp(t, { signingKeys: [SIGNING_KEY, SIGNED_WEBHOOKS[0]!.signingKey] })
  await app.ready()
  for (const { rawBody, zitadelSignature } of SIGNED_WEBHOOKS) {
    clock.jump(Number(/t=(\d+)/.exec(zitadelSignature)![1]) - clock.seconds)
    await get('/', 'user')
    t.equal(await post(rawBody, { 'content-type': 'application/json', 'zitadel-signature': zitadelSignature }), 204)
    calls.length = 0
    await get('/', 'user')
    t.same(calls, ['user'])
  }
})

t.test('forged, stale, future, replayed, foreign and oversized webhooks change nothing', async (t) => {
  const { post, clock, get, calls, events, warnings } = await startEventsApp(t)
  const signed = (body: string, seconds = clock.seconds, key = SIGNING_KEY): Record<string, string> => ({ 'content-type': 'application/json', 'zitadel-signature': sign(body, seconds, key) })
  const body = JSON.stringify(findRecorded('user.locked', { sequence: 50 }))
  t.equal(await post(body, signed(body)), 204)
  await get('/', 'user')
  calls.length = 0
  const next = JSON.stringify(findRecorded('user.locked', { sequence: 51 }))
  t.equal(await post(next, { 'content-type': 'application/json' }), 401, 'no signature')
  t.equal(await post(next, signed(next, clock.seconds, `${SIGNING_KEY}x`)), 401, 'another key')
  t.equal(await post(next, signed(body)), 401, 'another body')
  t.equal(await post(next, signed(next, clock.seconds - 301)), 401, 'stale')
  t.equal(await post(next, signed(next, clock.seconds + 301)), 401, 'future')
  t.equal(await post(body, signed(body)), 409, 'replayed')
  t.equal(await post(body, { ...signed(body), 'zitadel-signature': `v1=00,${sign(body, clock.seconds + 1)}` }), 409, 'replayed with another signature')
  t.equal(await post('', signed('')), 400, 'empty')
  t.equal(await post('{}', signed('{}')), 400, 'no event')
  const foreign = JSON.stringify(findRecorded('user.locked', { instanceID: 'other' }))
  t.equal(await post(foreign, signed(foreign)), 401, 'another instance')
  await get('/', 'user')
  t.same(calls, [])
  t.same(events.slice(1).map(({ outcome, reason }) => `${outcome} ${reason}`), ['signature', 'signature', 'signature', 'signature', 'signature', 'replay', 'replay', 'malformed', 'malformed', 'other-instance'].map((reason) => `rejected ${reason}`))
  t.equal(warnings.filter((message) => message.includes('webhook')).length, 4, 'one line for each reason')
  t.notMatch(warnings.join(), SIGNING_KEY)
})

t.test('a body of more than 1 MiB is refused', async (t) => {
  const { app, clock, calls, get } = await startEventsApp(t)
  await get('/', 'user')
  const body = JSON.stringify(findRecorded('user.locked', { padding: 'x'.repeat(1_048_576) }))
  const { statusCode } = await app.inject({ method: 'POST', url: '/zitadel/events', headers: { 'content-type': 'application/json', 'zitadel-signature': sign(body, clock.seconds) }, payload: body })
  t.equal(statusCode, 413)
  await get('/', 'user')
  t.equal(calls.length, 1)
})

t.test('the option instanceId accepts one instance', async (t) => {
  const { post } = await startEventsApp(t, { instanceId: 'other' })
  t.equal(await post(findRecorded('user.locked')), 401)
  t.equal(await post(findRecorded('user.locked', { instanceID: 'other' })), 204)
})

t.test('an introspection that is in flight when the event arrives is not used', async (t) => {
  const gate = new Gate()
  const asked = new Gate()
  let answers = 0
  const { post, get } = await startEventsApp(t, {}, {
    slow: async () => {
      const number = ++answers
      asked.open()
      if (number === 1) await gate.opened
      return number === 1 ? activeResponse({ sub: USER }) : { active: false }
    }
  })
  const response = get('/', 'slow')
  await asked.opened
  t.equal(await post(findRecorded('user.locked')), 204)
  gate.open()
  t.equal((await response).statusCode, 401)
  t.equal(answers, 2)
})

t.test('late and reordered events only make verdicts doubtful', async (t) => {
  const { findDoubtful } = await startEventsApp(t)
  t.same(await findDoubtful(findRecorded('user.grant.added', { sequence: 1 })), ['user'])
  t.same(await findDoubtful(findRecorded('user.grant.cascade.changed', { sequence: 5 })), ['user'])
  t.same(await findDoubtful(findRecorded('user.grant.cascade.changed', { sequence: 4 })), ['user'])
})

t.test('the webhook route needs no token, and other routes do', async (t) => {
  const { post, get, app } = await startEventsApp(t)
  t.equal(await post(findRecorded('user.locked')), 204)
  t.equal((await get('/', null)).statusCode, 401)
  t.equal((await app.inject({ method: 'POST', url: '/zitadel/events' })).statusCode, 401, 'a request without a body')
  t.equal((await app.inject({ method: 'POST', url: '/other', payload: {} })).statusCode, 404)
})

t.test('content type parsers of the app do not change', async (t) => {
  const { app } = await startGuardedApp(t, { options: { events: { path: '/e', signingKey: SIGNING_KEY } } })
  app.post('/echo', { config: { access: 'public' } }, async ({ body }) => body)
  t.same((await app.inject({ method: 'POST', url: '/echo', payload: { a: 1 } })).json(), { a: 1 })
  t.equal((await app.inject({ method: 'POST', url: '/echo', headers: { 'content-type': 'x/y' }, payload: 'a' })).statusCode, 415)
})
