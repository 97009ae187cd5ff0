import t from 'tap'
import type { OpenapiDocs, OpenapiOptions, Zitadel, ZitadelError } from '../../lib/index.ts'
import { allowConnection } from '../../lib/openapi/content-security-policy.ts'
import { omitEmptyToken } from '../../lib/openapi/page-options.ts'
import { AUDIENCE, LOGIN } from '../fixtures/documented-app.ts'
import { startGuardedApp, type AppSetup, type TestContext } from '../fixtures/guarded-app.ts'
import { CANARY, VALID_OPTIONS } from '../fixtures/registration.ts'

async function getZitadel (t: TestContext, setup: AppSetup = {}): Promise<Zitadel> {
  return (await startGuardedApp(t, setup)).zitadel()
}

async function getDocs (t: TestContext, login: Partial<OpenapiOptions> = {}): Promise<OpenapiDocs> {
  return (await getZitadel(t)).openapi({ ...LOGIN, ...login })
}

const getMessage = (work: () => unknown): string => {
  try {
    work()
  } catch (error) {
    const { code, message } = error as ZitadelError
    return code === 'FST_ZITADEL_OPTION' ? message : code
  }
  return 'nothing was thrown'
}

t.test('wrong options are named, with the expected value', async (t) => {
  const zitadel = await getZitadel(t)
  const wrong: Array<[object | undefined, RegExp]> = [
    [undefined, /the options must be an object \{ clientId, projectId, scopes \}/],
    [{ ...LOGIN, clientId: undefined }, /"openapi.clientId" is missing: it must be the client id/],
    [{ ...LOGIN, clientId: ' ' }, /"openapi.clientId" must be the client id/],
    [{ ...LOGIN, clientId: `${CANARY}\n` }, /"openapi.clientId" must be the client id .*: it must not contain a line break/],
    [{ ...LOGIN, clientID: CANARY }, /unknown option "openapi.clientID", did you mean "openapi.clientId"\?/],
    [{ ...LOGIN, projectId: 311 }, /"openapi.projectId" must be the id of a project/],
    [{ ...LOGIN, scopes: CANARY }, /"openapi.scopes" must be an array of ZITADEL's own scopes/],
    [{ ...LOGIN, scopes: ['profile', CANARY] }, /"openapi.scopes" must be an array of ZITADEL's own scopes/],
    [{ ...LOGIN, scopes: [1] }, /"openapi.scopes" must be/],
    [{ ...LOGIN, scopes: ['urn:zitadel:iam:org:project:role:admin'] }, /"openapi.scopes" must be/],
    [{ ...LOGIN, scopes: [`urn:zitadel:iam: ${CANARY}`] }, /"openapi.scopes" must be/],
    [{ ...LOGIN, issuer: `http://${CANARY}.example` }, /"openapi.issuer" must be ZITADEL's public origin/],
    [{ ...LOGIN, tokenEndpoint: CANARY }, /"openapi.tokenEndpoint" must be a path such as \/oauth\/v2\/token/],
    [{ ...LOGIN, authorizationEndpoint: CANARY }, /"openapi.authorizationEndpoint" must be a path such as \/oauth\/v2\/authorize/],
    [{ clientId: 'docs' }, /"openapi.issuer" is missing: with an "introspect" function it must be/]
  ]
  for (const [options, expected] of wrong) {
    const message = getMessage(() => zitadel.openapi(options as OpenapiOptions))
    t.match(message, expected)
    t.notMatch(message, CANARY)
  }
})

t.test('documents that cannot be completed are rejected', async (t) => {
  const docs = await getDocs(t)
  t.match(getMessage(() => docs.swagger({ mode: 'static' })), /"mode" must be 'dynamic'/)
  t.match(getMessage(() => docs.swagger({ swagger: {} })), /the document must be OpenAPI 3/)
})

t.test('with introspect, the issuer comes from the option "issuer" of the plugin if it is given', async (t) => {
  const { app } = await startGuardedApp(t, { options: { introspect: () => ({ active: false }), issuer: 'https://auth.acme.example/' } })
  const { openapi } = app.zitadel.openapi({ clientId: 'docs' }).swagger() as { openapi: object }
  t.match(openapi, { components: { securitySchemes: { zitadel: { flows: { authorizationCode: { tokenUrl: 'https://auth.acme.example/oauth/v2/token' } } } } } })
})

t.test('issuer and project come from the plugin', async (t) => {
  const { app } = await startGuardedApp(t, { options: { ...VALID_OPTIONS, issuer: 'https://auth.acme.example/', introspect: undefined, projectId: '311' } })
  const { initOAuth } = app.zitadel.openapi({ clientId: 'docs' }).swaggerUi() as { initOAuth: { scopes: string[] } }
  t.same(initOAuth.scopes, ['openid', AUDIENCE, 'profile', 'email'])
  const { openapi } = app.zitadel.openapi({ clientId: 'docs', authorizationEndpoint: '/authorize', tokenEndpoint: '/token' }).swagger() as { openapi: object }
  t.match(openapi, { components: { securitySchemes: { zitadel: { flows: { authorizationCode: { authorizationUrl: 'https://auth.acme.example/authorize', tokenUrl: 'https://auth.acme.example/token' } } } } } })
})

t.test('without a project the login requests no audience', async (t) => {
  const { initOAuth } = (await getDocs(t, { projectId: undefined, scopes: [] })).swaggerUi() as { initOAuth: { scopes: string[] } }
  t.same(initOAuth.scopes, ['openid'])
})

t.test('custom scopes are offered only if they are looked for in the scope of a token', async (t) => {
  const zitadel = await getZitadel(t, { options: { customScopes: 'scope' } })
  const { initOAuth } = zitadel.openapi({ ...LOGIN, scopes: ['orders:read'] }).swaggerUi() as { initOAuth: { scopes: string[] } }
  t.same(initOAuth.scopes, ['openid', AUDIENCE, 'orders:read'])
})

t.test('options of @fastify/swagger-ui are completed, and given ones win', async (t) => {
  const docs = await getDocs(t)
  const initOAuth = { clientId: 'docs', usePkceWithAuthorizationCodeGrant: true, scopes: ['openid', AUDIENCE, 'profile', 'email'], scopeSeparator: ' ' }
  t.match(docs.swaggerUi(), { initOAuth })
  const onRequest = (): void => {}
  const preHandler = (): void => {}
  const uiConfig = { persistAuthorization: true }
  const completed = docs.swaggerUi({ routePrefix: '/docs', uiConfig, initOAuth: { appName: 'Orders', scopes: ['openid'] }, uiHooks: { onRequest, preHandler } }) as unknown as { uiHooks: { onRequest: unknown[] } }
  t.match(completed, { routePrefix: '/docs', uiConfig, initOAuth: { ...initOAuth, appName: 'Orders', scopes: ['openid'] }, uiHooks: { preHandler } })
  t.equal(completed.uiHooks.onRequest.length, 2)
  t.equal(completed.uiHooks.onRequest[1], onRequest)
})

t.test('options of @scalar/fastify-api-reference are completed, and given ones win', async (t) => {
  const docs = await getDocs(t)
  const authorizationCode = { 'x-scalar-client-id': 'docs', 'x-usePkce': 'SHA-256', selectedScopes: ['openid', AUDIENCE, 'profile', 'email'] }
  t.match(docs.scalar(), { configuration: { authentication: { preferredSecurityScheme: 'zitadel', securitySchemes: { zitadel: { flows: { authorizationCode } } } } } })
  const onRequest = (): void => {}
  const completed = docs.scalar({
    configuration: { theme: 'moon', authentication: { preferredSecurityScheme: 'apiKey', securitySchemes: { apiKey: { value: 'key' }, zitadel: { flows: { authorizationCode: { selectedScopes: ['openid'] } } } } } },
    hooks: { onRequest }
  }) as unknown as { hooks: { onRequest: unknown[] } }
  t.match(completed, {
    configuration: { theme: 'moon', authentication: { preferredSecurityScheme: 'apiKey', securitySchemes: { apiKey: { value: 'key' }, zitadel: { flows: { authorizationCode: { ...authorizationCode, selectedScopes: ['openid'] } } } } } }
  })
  t.equal(completed.hooks.onRequest[1], onRequest)
})

t.test('Scalar sends no token instead of an empty one', async (t) => {
  const send = (authorization?: string): string | null => {
    const headers = new Headers(authorization === undefined ? {} : { authorization })
    omitEmptyToken({ request: { headers } })
    return headers.get('authorization')
  }
  t.same([send(), send('Bearer '), send('bearer'), send('Bearer token')], [null, null, null, 'Bearer token'])
})

t.test('a content security policy allows requests to the issuer', async (t) => {
  const policies: Array<[string, string]> = [
    ["default-src 'self'; img-src *", "default-src 'self'; img-src *; connect-src 'self' https://auth.example"],
    ["default-src 'self'; Connect-Src 'none' ; img-src *;", "default-src 'self'; connect-src https://auth.example; img-src *"],
    ["connect-src 'self' https://auth.example", "connect-src 'self' https://auth.example"],
    ["img-src 'self'", "img-src 'self'"]
  ]
  for (const [policy, expected] of policies) t.equal(allowConnection(policy, 'https://auth.example'), expected)
})

t.test('a given transform of the policy is composed', async (t) => {
  const { transformStaticCSP } = (await getDocs(t)).swaggerUi({ transformStaticCSP: (policy: string) => `${policy}; img-src *` })
  t.equal(transformStaticCSP("default-src 'self'"), "default-src 'self'; img-src *; connect-src 'self' https://auth.acme.example")
  const plain = (await getDocs(t)).swaggerUi() as { transformStaticCSP: (policy: string) => string }
  t.equal(plain.transformStaticCSP("connect-src 'self'"), "connect-src 'self' https://auth.acme.example")
})
