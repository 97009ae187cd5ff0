import t from 'tap'
import { getRegistration } from '../../lib/registration.ts'
import { Gate } from '../fixtures/peer.ts'
import { INACTIVE, OK, STALE, reason, startConnectedApp, startTestApp, unavailable } from '../fixtures/test-app.ts'

t.test('a function can replace ZITADEL, and its responses are cached alike', async (t) => {
  const asked: string[] = []
  const introspect = async (token: string): Promise<object> => {
    asked.push(token)
    return { active: token === 'good', sub: 'ada' }
  }
  const { ask, status, zitadel } = await startConnectedApp(t, { introspect })
  t.same(await Promise.all([ask('good'), status('/', 'good'), ask('bad')]), ['active', 200, 'inactive'])
  t.equal((await zitadel.introspect('good'))!.sub, 'ada')
  t.same(asked, ['good', 'bad'])
  await zitadel.forget({ sub: 'ada' })
  t.equal(await status('/fresh', 'good'), 200)
  t.same(asked, ['good', 'bad', 'good'])
})

t.test('the function can return without a promise', async (t) => {
  const { ask } = await startConnectedApp(t, { introspect: () => ({ active: true }) })
  t.equal(await ask(), 'active')
})

const NO_RESPONSES: Record<string, unknown> = {
  nothing: undefined,
  null: null,
  true: true,
  'a string': '{"active":true}',
  'an array': [{ active: true }],
  'an empty object': {},
  'active as a string': { active: 'true' },
  'active as an object': { active: new Boolean(true), exp: '1' }, // eslint-disable-line no-new-wrappers
  'exp as a date': { active: true, exp: new Date('2100-01-01') },
  'exp as no number': { active: true, exp: NaN },
  'exp without end': { active: true, exp: Infinity },
  'a map': new Map([['active', true]])
}
for (const [what, response] of Object.entries(NO_RESPONSES)) {
  t.test(`${what} is no introspection response of a function`, async (t) => {
    const { failure } = await startConnectedApp(t, { introspect: () => response as object })
    const error = await failure()
    t.same([error.code, error.statusCode], ['FST_ZITADEL_UNAVAILABLE', 503])
    t.equal(reason(error), 'introspect() did not return an introspection response')
  })
}

const canary = 'canary of the function'
const circular: Record<string, unknown> = { active: true }
circular['self'] = circular
let nested: unknown[] = []
for (let level = 0; level < 200_000; level++) nested = [nested]

const THROWING: Record<string, () => unknown> = {
  'an exception': () => { throw new Error(canary) },
  'a promise that fails': async () => await Promise.reject(new Error(canary)),
  'an exception that is nothing': () => { throw undefined }, // eslint-disable-line no-throw-literal
  'a circle': () => circular,
  'a bigint': () => ({ active: true, [canary]: 1n }),
  'a getter that throws': () => ({ get active () { throw new Error(canary) } }),
  'a function': () => () => ({ active: true }),
  'a symbol': () => Symbol(canary)
}
for (const [what, introspect] of Object.entries(THROWING)) {
  t.test(`a function that returns ${what} is an outage, and its value is not logged`, async (t) => {
    const { failure, status, errors } = await startConnectedApp(t, { introspect: introspect as () => object })
    const error = await failure()
    t.equal(error.code, 'FST_ZITADEL_UNAVAILABLE')
    t.equal(reason(error), 'introspect() threw')
    t.equal(await status('/'), 503)
    t.notMatch(`${error.stack}${(error.cause as Error).stack}${errors.join('')}`, canary)
  })
}

t.test('a response of a function that is nested deeper than the stack is an outage, or a response if the engine can serialize it', async (t) => {
  const { ask, status } = await startConnectedApp(t, { introspect: () => ({ active: true, nested }) })
  const isWritten = await ask() === 'active'
  t.equal(await ask(), isWritten ? 'active' : 'FST_ZITADEL_UNAVAILABLE')
  t.equal(await status('/'), isWritten ? 200 : 503)
})

t.test('a function that never returns ends with the timeout', async (t) => {
  const { failure } = await startConnectedApp(t, { introspect: async () => await new Promise(() => {}), timeout: 50 })
  t.equal(reason(await failure()), 'introspect() gave no response within 50 ms')
})

t.test('the response of a function is copied: its object is not frozen, and later changes have no effect', async (t) => {
  const response = { active: true, sub: 'ada', list: ['a'], undefined, toString: () => 'x' }
  const { zitadel } = await startConnectedApp(t, { introspect: () => response })
  const token = (await zitadel.introspect('token'))!
  response.sub = 'mallory'
  response.list.push('b')
  t.same(token.claims, { active: true, sub: 'ada', list: ['a'] })
  t.equal((await zitadel.introspect('token'))!.sub, 'ada')
})

t.test('a response of a function is checked like one of ZITADEL', async (t) => {
  const now = Date.now() / 1000
  const { ask } = await startConnectedApp(t, { introspect: (token) => ({ active: true, ...JSON.parse(Buffer.from(token, 'base64url').toString()) }) })
  const token = (claims: object): string => Buffer.from(JSON.stringify(claims)).toString('base64url')
  t.equal(await ask(token({ exp: now + 60 })), 'active')
  t.equal(await ask(token({ exp: now - 60 })), 'inactive')
  t.equal(await ask(token({ nbf: now + 600 })), 'inactive')
  t.equal(await ask(token({ cnf: {} })), 'inactive')
  t.equal(await ask(token({ token_type: 'DPoP' })), 'inactive')
})

t.test('a failure of a function is logged once, with what to check', async (t) => {
  const { lines, get } = await startTestApp(t, { introspect: () => { throw new Error(canary) } })
  t.same(await get('a'), unavailable())
  t.same(await get('b'), unavailable())
  t.match(lines, [{ level: 40, code: 'FST_ZITADEL_UNAVAILABLE', msg: 'fastify-zitadel: introspect() threw: check the function in the option "introspect"' }])
})

t.test('after a function throws, staleIfError applies; after a wrong response, it does not', async (t) => {
  let introspect = (): object => ({ active: true })
  const { clock, get } = await startTestApp(t, { introspect: () => introspect(), staleIfError: 60 })
  t.same(await get('token'), OK)
  clock.advance(31)
  introspect = () => { throw new Error(canary) }
  t.same(await get('token'), STALE)
  introspect = () => []
  t.same(await get('token'), unavailable())
})

t.test('the limits apply to calls of a function, and keep a share for tokens that were active', async (t) => {
  const gate = new Gate()
  let running = 0
  let most = 0
  const introspect = async (token: string): Promise<object> => {
    most = Math.max(most, ++running)
    if (token.startsWith('unknown')) await gate.opened
    running--
    return { active: token === 'known', sub: 'ada' }
  }
  const { clock, get, lines, zitadel } = await startTestApp(t, { introspect, limits: { concurrent: 4, queue: 4 } })
  t.same(await get('known'), OK)
  clock.advance(31)
  const flood = Array.from({ length: 20 }, async (_, index) => await get(`unknown-${index}`))
  while (getRegistration(zitadel)!.readState().queued < 3) await new Promise((resolve) => setTimeout(resolve, 1))
  t.same(await get('known'), OK)
  t.same(await zitadel.check(), { ok: true }, 'a check does not wait')
  gate.open()
  const answers = await Promise.all(flood)
  t.equal(answers.filter(({ status }) => status === 401).length, 6)
  t.same(answers.filter(({ status }) => status !== 401), Array.from({ length: 14 }, () => unavailable(1)))
  t.equal(most, 4)
  t.match(lines, [{ level: 40, code: 'FST_ZITADEL_UNAVAILABLE', msg: /too many introspections are waiting already/ }])
  t.same(await get('other'), INACTIVE)
})

t.test('a function that does not return frees its place at the deadline', async (t) => {
  const { failure, ask } = await startConnectedApp(t, { introspect: async (token) => token === 'stuck' ? await new Promise(() => {}) : { active: true }, limits: { concurrent: 1, queue: 0 }, timeout: 50 })
  t.match(reason(await failure('stuck')), /gave no response within 50 ms/)
  t.equal(await ask('later'), 'active')
})

t.test('a call that does not leave the queue in time is a 503 that names the queue', async (t) => {
  const { failure, ask } = await startTestApp(t, { introspect: () => ({ active: true }), limits: { perSecond: 1 }, timeout: 50 })
  t.equal(await ask('token'), 'active')
  t.equal(reason(await failure('other')), '50 ms passed in the queue')
})

t.test('check() and reload() call the function with a random token', async (t) => {
  const asked: string[] = []
  const good = await startConnectedApp(t, { introspect: (token) => { asked.push(token); return { active: false } } })
  t.same(await good.zitadel.check(), { ok: true })
  t.same(await good.zitadel.reload(), { ok: true })
  t.match(asked[0], /^[0-9a-f-]{36}$/)
  const bad = await startConnectedApp(t, { introspect: () => { throw new Error(canary) } })
  t.same(await bad.zitadel.check(), { ok: false, code: 'FST_ZITADEL_UNAVAILABLE', reason: 'introspect() threw: check the function in the option "introspect"' })
})
