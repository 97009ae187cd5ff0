import t from 'tap'
import type { FastifySchema } from 'fastify'
import { AUDIENCE, BASE_SCOPES, getDocument, startDocumentedApp, type Operation } from '../fixtures/documented-app.ts'
import type { ZitadelRouteOptions } from '../../lib/index.ts'
import type { TestContext } from '../fixtures/guarded-app.ts'
import { createLoginScheme } from '../../lib/openapi/security.ts'

async function getOperation (t: TestContext, config: ZitadelRouteOptions, schema: FastifySchema = {}, version = '3.1.0'): Promise<Operation> {
  const { app } = await startDocumentedApp(t, { openapi: { openapi: version, components: { securitySchemes: { apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key' } } } } })
  app.get('/', { config, schema }, async () => ({}))
  return (await getDocument(app)).paths['/']!['get']!
}

t.test('the description names the requirement', async (t) => {
  const descriptions: Array<[ZitadelRouteOptions, string | undefined]> = [
    [{}, 'Requires an access token.'],
    [{ access: 'public' }, undefined],
    [{ access: 'own' }, undefined],
    [{ access: 'optional' }, 'An access token is optional. An invalid one is denied.'],
    [{ scopes: ['profile', 'reader'] }, 'Requires an access token with the scope `profile` and the role `reader`.'],
    [{ roles: [['reader', 'auditor'], ['admin']] }, 'Requires an access token with the roles `reader` and `auditor`, or the role `admin`.'],
    [{ roles: ['reader'], organization: '1' }, 'Requires an access token with the role `reader`. Roles must be held in the organization `1`.'],
    [{ roles: ['reader'], organization: () => '1' }, 'Requires an access token with the role `reader`. Roles must be held in the organization that the request names.'],
    [{ scopes: [], freshness: 0 }, 'Requires an access token. ZITADEL is asked for every request.'],
    [{ scopes: ['email'], freshness: 10 }, 'Requires an access token with the scope `email`. ZITADEL\'s response about the token may be 10 seconds old.']
  ]
  for (const [config, description] of descriptions) t.equal((await getOperation(t, config)).description, description)
  t.equal((await getOperation(t, {}, { description: 'Lists things.' })).description, 'Lists things.\n\nRequires an access token.')
})

t.test('roles are named as roles, and in OpenAPI 3.0 in an extension', async (t) => {
  const config = { roles: [['reader'], ['admin', 'auditor']] }
  t.same((await getOperation(t, config)).security, [{ zitadel: BASE_SCOPES, zitadelRoles: ['reader'] }, { zitadel: BASE_SCOPES, zitadelRoles: ['admin', 'auditor'] }])
  const { security, 'x-zitadel-roles': roleSets } = await getOperation(t, config, {}, '3.0.3')
  t.same([security, roleSets], [[{ zitadel: BASE_SCOPES }], [['reader'], ['admin', 'auditor']]])
})

t.test('in OpenAPI 3.0 each of several security requirements has its set of roles', async (t) => {
  const { security, 'x-zitadel-roles': roleSets } = await getOperation(t, { scopes: [['profile', 'reader'], ['email']] }, {}, '3.0.3')
  t.same([security, roleSets], [[{ zitadel: [...BASE_SCOPES, 'profile'] }, { zitadel: [...BASE_SCOPES, 'email'] }], [['reader'], []]])
})

t.test('the scheme for roles is in a document of OpenAPI 3.1 if a route requires one', async (t) => {
  for (const [version, config, expected] of [
    ['3.1.0', { roles: [['reader'], ['admin']] }, ['zitadel', 'zitadelRoles']],
    ['3.1.0', { scopes: [['reader'], ['profile']] }, ['zitadel', 'zitadelRoles']],
    ['3.1.0', { scopes: ['profile'] }, ['zitadel']],
    ['3.0.3', { roles: ['reader'] }, ['zitadel']]
  ] as Array<[string, ZitadelRouteOptions, string[]]>) {
    const { app } = await startDocumentedApp(t, { openapi: { openapi: version } })
    app.get('/', { config }, async () => ({}))
    app.get('/any', async () => ({}))
    t.same(Object.keys((await getDocument(app)).components.securitySchemes), expected, JSON.stringify(config))
  }
})

t.test('only in OpenAPI 3.0, and only if roles are required, the extension names roles', async (t) => {
  t.equal((await getOperation(t, { scopes: ['profile'] }, {}, '3.0.3'))['x-zitadel-roles'], undefined)
  t.equal((await getOperation(t, { roles: ['reader'] }))['x-zitadel-roles'], undefined)
})

t.test('access decides about the security of a route', async (t) => {
  t.same((await getOperation(t, { access: 'public' })).security, [])
  t.same((await getOperation(t, { access: 'optional' })).security, [{}, { zitadel: BASE_SCOPES }])
  t.equal((await getOperation(t, { access: 'own' })).security, undefined)
})

t.test('security that a schema documents is kept beside that of the guard', async (t) => {
  const apiKey = { security: [{ apiKey: [] }] }
  t.same((await getOperation(t, { scopes: [] }, apiKey)).security, [{ apiKey: [], zitadel: BASE_SCOPES }])
  t.same((await getOperation(t, { access: 'optional' }, apiKey)).security, [{ apiKey: [] }, { apiKey: [], zitadel: BASE_SCOPES }])
  t.same((await getOperation(t, { access: 'public' }, apiKey)).security, [{ apiKey: [] }])
  t.same((await getOperation(t, { access: 'own' }, { security: [{ apiKey: [] }, { zitadel: [] }] })).security, [{ apiKey: [] }, { zitadel: [] }])
  t.same((await getOperation(t, { scopes: [] }, { security: [] })).security, [{ zitadel: BASE_SCOPES }])
})

t.test('the responses of the guard are documented with their headers', async (t) => {
  const { responses } = await getOperation(t, { roles: ['reader'] })
  t.same(Object.keys(responses), ['200', '401', '403', '503'])
  t.equal(responses['200']!.description, 'Default Response')
  t.same(Object.entries(responses).map(([, { headers }]) => Object.keys(headers ?? {})), [[], ['WWW-Authenticate'], ['WWW-Authenticate'], ['Retry-After']])
  t.same(Object.keys((await getOperation(t, { scopes: [] })).responses), ['200', '401', '503'], 'nothing that can be lacking, no 403')
  t.same(Object.keys((await getOperation(t, { access: 'optional' })).responses), ['200', '401', '503'])
  t.same(Object.keys((await getOperation(t, { access: 'public' })).responses), ['200'])
})

t.test('documented responses stay as they are', async (t) => {
  const documented = { type: 'object', description: 'own', properties: {} }
  const statuses = async (...keys: string[]): Promise<Record<string, string>> => {
    const { responses } = await getOperation(t, { roles: ['reader'] }, { response: Object.fromEntries(keys.map((key) => [key, documented])) })
    return Object.fromEntries(Object.entries(responses).map(([status, { description }]) => [status, description === 'own' ? 'own' : 'guard']))
  }
  t.same(await statuses('200', '401'), { 200: 'own', 401: 'own', 403: 'guard', 503: 'guard' })
  t.same(await statuses('4xx'), { '4XX': 'own', 503: 'guard' })
  t.same(await statuses('default'), { default: 'own' })
})

t.test('serializers do not use the added responses', async (t) => {
  const { app } = await startDocumentedApp(t)
  app.get('/', { config: { roles: ['reader'] } }, async () => ({ kept: true }))
  t.same((await app.inject('/')).json(), { statusCode: 401, code: 'FST_ZITADEL_NO_TOKEN', error: 'Unauthorized', message: 'A bearer token is required' })
})

t.test('the login offers scopes that ZITADEL grants, those of routes included', async (t) => {
  const { app } = await startDocumentedApp(t, {}, { scopes: ['urn:zitadel:iam:user:metadata'] })
  app.get('/', { config: { scopes: ['phone', 'urn:zitadel:iam:org:project:id:9:aud', 'urn:zitadel:iam:other', 'reader'], roles: ['admin'] } }, async () => ({}))
  const { type, flows: { authorizationCode: { scopes, ...urls } } } = (await getDocument(app)).components.securitySchemes['zitadel']!
  t.equal(type, 'oauth2')
  t.same(Object.keys(scopes), [...BASE_SCOPES, 'urn:zitadel:iam:user:metadata', 'phone', 'urn:zitadel:iam:org:project:id:9:aud', 'urn:zitadel:iam:other'])
  t.equal(scopes[AUDIENCE], 'Access to this API')
  t.same(urls, { authorizationUrl: 'https://auth.acme.example/oauth/v2/authorize', tokenUrl: 'https://auth.acme.example/oauth/v2/token', refreshUrl: 'https://auth.acme.example/oauth/v2/token' })
})

t.test('a scheme of the same name that is given is kept', async (t) => {
  const given = { type: 'http', scheme: 'bearer' } as const
  const { app } = await startDocumentedApp(t, { openapi: { components: { securitySchemes: { zitadel: given } } } })
  app.get('/', { config: { roles: ['admin'] } }, async () => ({}))
  const { openapi, components } = await getDocument(app)
  t.equal(openapi, '3.0.3')
  t.same(components.securitySchemes, { zitadel: given })
})

t.test('methods without a field in path items are left out before OpenAPI 3.2', async (t) => {
  const fields = async (version: string): Promise<string[]> => {
    const { app } = await startDocumentedApp(t, { openapi: { openapi: version } })
    app.addHttpMethod('PROPFIND')
    app.all('/all', async () => ({}))
    const item = (await getDocument(app)).paths['/all']!
    const { additionalOperations, ...others } = item as unknown as { additionalOperations?: Record<string, Operation> }
    for (const operation of [...Object.values(others), ...Object.values(additionalOperations ?? {})] as Operation[]) t.same(operation.security, [{ zitadel: BASE_SCOPES }])
    return [...Object.keys(others), ...Object.keys(additionalOperations ?? {})].sort()
  }
  const common = ['delete', 'get', 'head', 'options', 'patch', 'post', 'put', 'trace']
  t.same(await fields('3.0.3'), common)
  t.same(await fields('3.1.0'), common)
  t.same(await fields('3.2.0'), ['PROPFIND', ...common, 'query'].sort())
  const { app } = await startDocumentedApp(t, { openapi: { openapi: '3.2.0' } })
  app.addHttpMethod('PROPFIND')
  app.route({ method: 'PROPFIND', url: '/', handler: async () => ({}) })
  t.match((await getDocument(app)).paths['/'], { additionalOperations: { PROPFIND: { security: [{ zitadel: BASE_SCOPES }] } } })
})

t.test('the responses of the guard have texts, and a schema for each header', async (t) => {
  const { responses } = await getOperation(t, { roles: ['reader'] })
  const challenge = { 'WWW-Authenticate': { description: 'The challenge (RFC 6750).', schema: { type: 'string' } } }
  t.strictSame(responses['401'], { description: 'The access token is missing, invalid, expired or revoked.', headers: challenge })
  t.strictSame(responses['403'], { description: 'The access token lacks a role or a scope that this operation requires.', headers: challenge })
  t.match(responses['503'], { description: 'ZITADEL cannot be asked at the moment. The token may be valid.', headers: { 'Retry-After': { description: 'Seconds after which to try again.', schema: { type: 'integer' } } } })
})

t.test('each scope of the login has a description', async (t) => {
  const settings = { authorizationUrl: 'https://auth.acme.example/authorize', tokenUrl: 'https://auth.acme.example/token' }
  const descriptions = {
    openid: 'Log in',
    profile: 'Name and other data of the profile',
    email: 'Email address',
    phone: 'Phone number',
    address: 'Postal address',
    offline_access: 'A refresh token',
    'urn:zitadel:iam:user:metadata': 'Metadata of the user',
    'urn:zitadel:iam:user:resourceowner': 'Organization of the user',
    'urn:zitadel:iam:org:project:id:9:aud': 'Access to this API',
    orders: 'orders'
  }
  t.match(createLoginScheme(settings as never, Object.keys(descriptions)), { flows: { authorizationCode: { scopes: descriptions } } })
})
