import t from 'tap'
import { setImmediate } from 'node:timers/promises'
import fastifyAuth from '@fastify/auth'
import Fastify, { type FastifyRequest } from 'fastify'
import type { Zitadel } from '../../lib/index.ts'
import { createPlugin } from '../../lib/plugin.ts'
import { activeResponse, createIntrospect, getter, roles, type GuardedApp, type TestContext } from '../fixtures/guarded-app.ts'
import { ManualClock } from '../fixtures/clock.ts'

const admin = activeResponse(roles({ admin: ['acme'] }))
const INACTIVE = { active: false }

interface TwoApps extends Pick<GuardedApp, 'app' | 'clock' | 'get'> {
  first: Zitadel
  second: Zitadel
  calls: Record<'first' | 'second', string[]>
  /** What ZITADEL says about the token `both`, to each registration. */
  both: Record<'first' | 'second', object>
  /** Called while the body of a request is read. */
  wait: (request: FastifyRequest) => unknown
}

/** Two registrations side by side. The routes are in the scope of the second, and use strategies of both. */
async function startTwo (t: TestContext): Promise<TwoApps> {
  const clock = new ManualClock()
  const app = Fastify()
  t.teardown(async () => await app.close())
  await app.register(fastifyAuth)
  const both = { first: admin, second: admin }
  const of = (name: 'first' | 'second') => createIntrospect({ [name]: admin, both: () => both[name] })
  const [one, two] = [of('first'), of('second')]
  const found: Pick<TwoApps, 'wait'> & Partial<TwoApps> = { wait: () => undefined }
  await app.register(async (scope) => {
    await scope.register(createPlugin(clock), { introspect: one.introspect })
    found.first = scope.zitadel
    scope.get('/first', async () => 'served')
  })
  await app.register(async (scope) => {
    await scope.register(createPlugin(clock), { introspect: two.introspect })
    found.second = scope.zitadel
    const [ofFirst, ofSecond] = [found.first!.require({ roles: ['admin'] }), scope.zitadel.require({ roles: ['admin'] })]
    const preValidation = async (request: FastifyRequest): Promise<void> => { await found.wait(request) }
    scope.get('/either', { config: { access: 'own' }, onRequest: app.auth([ofFirst, ofSecond]), preValidation }, async () => 'served')
    scope.get('/each', { config: { roles: ['admin'] }, onRequest: ofFirst, preValidation }, async () => 'served')
  })
  return Object.assign(found, { app, clock, both, calls: { first: one.calls, second: two.calls }, get: getter(app) }) as TwoApps
}

t.test('a strategy of another registration is checked again by that registration', async (t) => {
  const two = await startTwo(t)
  for (const [url, token] of [['/either', 'first'], ['/either', 'second'], ['/each', 'both']] as const) {
    two.wait = () => two.clock.advance(60)
    t.equal((await two.get(url, token)).statusCode, 200, `${url} ${token}`)
  }
  t.strictSame(two.calls, { first: ['first', 'first', 'second', 'both', 'both'], second: ['second', 'second', 'both', 'both'] })
})

t.test('a token that another registration forgets during the body is introspected again there', async (t) => {
  const two = await startTwo(t)
  two.wait = async () => {
    two.both.first = INACTIVE
    await two.first.forget({ token: 'both' })
  }
  t.equal((await two.get('/either', 'both')).statusCode, 401)
  t.strictSame(two.calls, { first: ['both', 'both'], second: [] })
})

for (const changed of ['first', 'second'] as const) {
  t.test(`a role that a token loses for the ${changed} registration is not replaced by that of the other`, async (t) => {
    const two = await startTwo(t)
    two.wait = () => {
      two.both[changed] = activeResponse()
      two.clock.advance(60)
    }
    t.equal((await two.get('/each', 'both')).statusCode, 403)
  })
}

t.test('onEnd() watches a token at the registration that let it in', async (t) => {
  const two = await startTwo(t)
  const reasons: string[] = []
  two.wait = (request) => { two.second.onEnd(request, (reason) => { reasons.push(reason) }) }
  t.equal((await two.get('/either', 'both')).statusCode, 200)
  await two.second.forget({ token: 'both' })
  two.both.first = INACTIVE
  await two.first.forget({ token: 'both' })
  await setImmediate()
  t.strictSame(reasons, ['revoked'])
  t.strictSame(two.calls, { first: ['both', 'both'], second: [] })
})

t.test('a request keeps the verdicts of two registrations apart while onEnd() watches its token', async (t) => {
  const two = await startTwo(t)
  const reasons: string[] = []
  let watched: FastifyRequest | undefined
  two.wait = (request) => {
    watched = request
    two.second.onEnd(request, (reason) => { reasons.push(reason) })
  }
  t.equal((await two.get('/each', 'both')).statusCode, 200)
  for (const name of ['first', 'second'] as const) {
    two.both[name] = { ...admin, sub: name }
    await two[name].forget({ token: 'both' })
    await setImmediate()
  }
  t.equal(two.second.peek(watched!)?.sub, 'first', 'that of the strategy, which was checked last')
  two.both.second = activeResponse()
  await two.second.forget({ token: 'both' })
  await setImmediate()
  t.strictSame(reasons, ['forbidden'])
})

t.test('the resource of one registration refuses no personal access token that a strategy of another one has let in', async (t) => {
  const clock = new ManualClock()
  const app = Fastify()
  t.teardown(async () => await app.close())
  const introspect = async (token: string): Promise<object> => token === 'revoked' && clock.monotonic() > start ? INACTIVE : activeResponse({ jti: '280000000000000900' })
  const start = clock.monotonic()
  let first!: Zitadel
  const reasons: string[] = []
  await app.register(async (scope) => {
    await scope.register(createPlugin(clock), { introspect })
    first = scope.zitadel
    scope.get('/first', async () => 'served')
  })
  await app.register(async (scope) => {
    await scope.register(createPlugin(clock), { introspect, issuer: 'https://auth.acme.example', resource: 'https://api.acme.example/mcp' })
    const preValidation = async (): Promise<void> => { clock.advance(60) }
    const handler = async (request: FastifyRequest): Promise<string> => {
      first.onEnd(request, (reason) => { reasons.push(reason) })
      return 'served'
    }
    scope.get('/mcp/first', { config: { access: 'own' }, onRequest: first.require() as never, preValidation }, handler)
    scope.get('/mcp/second', { config: { access: 'own' }, onRequest: scope.zitadel.require() as never, preValidation }, handler)
  })
  const get = getter(app)
  t.equal((await get('/mcp/first', 'pat')).statusCode, 200)
  await first.forget({ token: 'pat' })
  await setImmediate()
  t.strictSame(reasons, [])
  t.equal((await get('/mcp/first', 'revoked')).statusCode, 401)
  t.equal((await get('/mcp/second', 'pat')).statusCode, 401)
})

t.test('a token that another registration finds inactive after the body is not logged as one of another issuer', async (t) => {
  const clock = new ManualClock()
  const lines: Array<{ reason?: string }> = []
  const app = Fastify({ logger: { stream: { write: (line) => { lines.push(JSON.parse(line)) } } } })
  t.teardown(async () => await app.close())
  const [issuer, otherIssuer] = ['https://auth.acme.example', 'https://auth.second.example']
  const jwt = `e30.${Buffer.from(JSON.stringify({ iss: issuer })).toString('base64url')}.c2ln`
  let [response, first]: [object, Zitadel | undefined] = [activeResponse(), undefined]
  await app.register(async (scope) => {
    await scope.register(createPlugin(clock), { introspect: async () => response, issuer })
    first = scope.zitadel
    scope.get('/first', async () => 'served')
  })
  await app.register(async (scope) => {
    await scope.register(createPlugin(clock), { introspect: async () => response, issuer: otherIssuer })
    const preValidation = async (): Promise<void> => {
      response = INACTIVE
      await first!.forget({ token: jwt })
    }
    scope.get('/second', { config: { access: 'own' }, onRequest: first!.require() as never, preValidation }, async () => 'served')
  })
  t.equal((await getter(app)('/second', jwt)).statusCode, 401)
  t.strictSame(lines.flatMap(({ reason }) => reason ?? []), ['token_inactive'])
})
