import fastifyAuth from '@fastify/auth'
import Fastify, { type FastifyError, type FastifyPluginAsync } from 'fastify'
import { expectTypeOf } from 'expect-type'
import { Agent } from 'undici'
import zitadel, { ZitadelError, type ActiveToken, type AnyRequest, type CheckResult, type RedisLike, type SharedCacheOptions, type Undeclared, type Zitadel, type ZitadelErrorCode, type ZitadelOptions, type ZitadelStrategy } from '../lib/index.ts'

const app = Fastify()

expectTypeOf(zitadel).toExtend<FastifyPluginAsync<ZitadelOptions>>()
await app.register(zitadel)
await app.register(zitadel, {})
await app.register(zitadel, {
  issuer: process.env['ISSUER'],
  credentials: { keyFile: '/run/secrets/key.json' },
  address: process.env['ADDRESS'],
  introspectionEndpoint: undefined,
  dispatcher: new Agent(),
  cache: { ttl: 30, inactiveTtl: undefined, max: 100 },
  timeout: 1000,
  retry: false,
  customScopes: 'scope',
  undeclaredRoutes: ({ url, method, schema, config }) => url === '/' && method === 'GET' && schema !== undefined && config !== undefined ? 'public' : 'refused',
  personalAccessTokens: false,
  publishSub: true,
  tokenFrom: (request) => request.headers.cookie,
  clients: ['web'] as const,
  projectId: process.env['PROJECT'],
  realm: 'orders',
  introspect: async (token) => ({ active: token === 'good' })
})
await app.register(zitadel, { cache: false, undeclaredRoutes: 'refused', credentials: { clientId: 'a', clientSecret: 'b' } })
await app.register(zitadel, { credentials: { clientId: 'a', keyId: 'b', alg: 'ES256', sign: async (data) => data } })
await app.register(zitadel, { credentials: { key: '{}' }, logLevel: 'warn', prefix: '/v1' })
await app.register(zitadel, { unmatched: 'protected', undeclaredRoutes: ({ url }) => url.startsWith('/admin') ? { roles: ['admin'] } : url === '/' ? { access: 'public' } : 'protected' })
declare const client: RedisLike
const shared: SharedCacheOptions = { client, prefix: 'orders' }
await app.register(zitadel, { cache: { shared } })

// @ts-expect-error an unknown option
await app.register(zitadel, { isuer: 'https://auth.acme.example' })
// @ts-expect-error an incomplete form
await app.register(zitadel, { credentials: { clientId: 'a' } })
// @ts-expect-error an algorithm that ZITADEL refuses
await app.register(zitadel, { credentials: { clientId: 'a', keyId: 'b', alg: 'HS256', sign: async (data) => data } })
// @ts-expect-error false or an object
await app.register(zitadel, { cache: true })
// @ts-expect-error one of three words
await app.register(zitadel, { undeclaredRoutes: 'open' })
// @ts-expect-error an unknown word
await app.register(zitadel, { undeclaredRoutes: () => 'open' })
// @ts-expect-error an unknown key
await app.register(zitadel, { undeclaredRoutes: () => ({ role: ['admin'] }) })
// @ts-expect-error one of two words
await app.register(zitadel, { unmatched: 'refused' })
// @ts-expect-error a token, not a promise
await app.register(zitadel, { tokenFrom: async () => 'token' })
// @ts-expect-error milliseconds
await app.register(zitadel, { timeout: '3s' })

expectTypeOf<Undeclared>().toEqualTypeOf<'protected' | 'public' | 'refused'>()
expectTypeOf(app.zitadel).toEqualTypeOf<Zitadel>()
app.get('/stream', async (request) => {
  expectTypeOf(app.zitadel.onEnd(request, (reason) => { expectTypeOf(reason).toEqualTypeOf<'expired' | 'revoked' | 'forbidden'>() })).toEqualTypeOf<() => void>()
  app.zitadel.onEnd(request, async () => {}, { recheck: 10 })
  // @ts-expect-error a number of seconds
  app.zitadel.onEnd(request, () => {}, { recheck: '10' })
  // @ts-expect-error an unknown option
  app.zitadel.onEnd(request, () => {}, { interval: 10 })
})
expectTypeOf(app.zitadel.peek).toEqualTypeOf<(request: AnyRequest) => ActiveToken | null>()
expectTypeOf(app.zitadel.introspect).toEqualTypeOf<(token: string) => Promise<ActiveToken | null>>()
expectTypeOf(app.zitadel.check).returns.resolves.toEqualTypeOf<CheckResult>()
expectTypeOf(app.zitadel.reload).returns.resolves.toEqualTypeOf<CheckResult>()
expectTypeOf(app.zitadel.require()).toEqualTypeOf<ZitadelStrategy>()

await app.zitadel.forget({ token: 'a' })
await app.zitadel.forget({ sub: 'a' })
await app.zitadel.forget({ jti: 'a' })
// @ts-expect-error one key is required
await app.zitadel.forget({})
// @ts-expect-error an unknown key
await app.zitadel.forget({ user: 'a' })
// @ts-expect-error a key of a route, not of a requirement
app.zitadel.require({ access: 'own' })
// @ts-expect-error the key is roles
app.zitadel.require({ role: ['admin'] })

await app.register(fastifyAuth)
app.auth([async () => {}, app.zitadel.require({ scopes: ['openid'] })])
app.auth([app.zitadel.require({ roles: [['admin']], organization: 'acme', freshness: 0 })], { relation: 'and' })
app.get('/', { config: { access: 'own' }, onRequest: app.zitadel.require() }, async () => 'served')
app.get('/', { config: { access: 'own' }, preHandler: [app.zitadel.require()] }, async () => 'served')

app.get('/', { config: { access: 'optional' } }, async (request) => {
  const token = app.zitadel.peek(request)
  // @ts-expect-error the token can be null
  const sub: string = token.sub
  return token?.sub ?? sub
})

app.setErrorHandler((error: FastifyError, _request, reply) => {
  if (error instanceof ZitadelError) {
    expectTypeOf(error.code).toEqualTypeOf<ZitadelErrorCode>()
    expectTypeOf(error.statusCode).toEqualTypeOf<number>()
    reply.headers(error.headers)
  }
})
