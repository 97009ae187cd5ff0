import t from 'tap'
import { inspect } from 'node:util'
import { startGuardedApp } from '../fixtures/guarded-app.ts'

const MISSPELT: Record<string, string> = {
  rolles: 'roles', roels: 'roles', oles: 'roles', scopess: 'scopes', socpes: 'scopes', freshnes: 'freshness', freshnesss: 'freshness', organizaton: 'organization', acces: 'access', Roles: 'roles', SCOPES: 'scopes', Acess: 'access', scope: 'scopes', role: 'roles', organisation: 'organization', Organisations: 'organization', organizations: 'organization', organsation: 'organization', ressourceOwner: 'organization', freshnessSeconds: 'freshness', freshness_ms: 'freshness', 'zitadel.roles': 'roles', 'required:scopes': 'scopes'
}
const ROLE_WORDS = ['requiredRoles', 'requireRoles', 'required_roles', 'allowedRoles', 'rolesAllowed', 'anyRole', 'hasRole', 'hasAnyRole', 'requiresRoles', 'roles_required', 'roleRequired', 'needRole', 'mustHaveRole', 'rolesAny', 'oneOfRoles', 'userRoles', 'zitadelRoles', 'authorizedRoles', 'authorisedRole', 'onlyRoles', 'accessRoles', 'allowRoles', 'grantedRoles', 'roleNames', 'roleKeys', 'role_key', 'roleList', 'requiredRoleNames', 'projectRoles', 'orgRoles', 'tenantRoles', 'routeRoles', 'checkRoles', 'expectedRoles', 'minimumRole', 'rolesGuard', 'roleCheck', 'roleId']
const SCOPE_WORDS = ['requiredScopes', 'requireScopes', 'allowedScopes', 'hasScope', 'scopesRequired', 'requires-scopes', 'oauthScopes', 'apiScopes', 'scopeNames', 'checkScopes', 'needScope', 'needsScopes', 'requireScope']
const ORGANIZATION_WORDS = ['organizationId', 'organisationId', 'orgId', 'org', 'tenant', 'tenantId', 'tenantIds', 'orgDomain', 'organizationDomain', 'inOrganization', 'forOrg', 'requiredOrganization', 'allowedOrganizations', 'resourceOwner', 'resourceOwnerId', 'primaryDomain']
const COMMON_WORDS = ['permissions', 'permission', 'requiredPermissions', 'authorities', 'hasAuthority', 'hasAnyAuthority', 'anyPermission', 'allowedPermissions', 'permissionsRequired', 'privileges', 'requiredGroups', 'allowedGroup', 'requiredClaims']

const words: Record<string, string> = {
  ...MISSPELT,
  ...Object.fromEntries(ROLE_WORDS.map((word) => [word, 'roles'])),
  ...Object.fromEntries(SCOPE_WORDS.map((word) => [word, 'scopes'])),
  ...Object.fromEntries(ORGANIZATION_WORDS.map((word) => [word, 'organization']))
}

const handler = async (): Promise<string> => 'served'
const refused = (key: string, meant: string) => ({ code: 'FST_ZITADEL_OPTION', message: `route GET /: "${key}" is unknown, did you mean "${meant}"?` })

for (const [key, meant] of Object.entries(words)) {
  t.test(`"${key}" is refused, because it would require nothing`, async (t) => {
    const { app } = await startGuardedApp(t)
    t.throws(() => app.get('/', { config: { roles: ['a'], [key]: ['a'] } as object }, handler), refused(key, meant))
    t.throws(() => app.get('/', { config: { [key]: ['a'] } }, handler), refused(key, meant), 'alone')
  })
}

for (const key of ['rights', 'rbac', 'acl']) {
  t.test(`"${key}" with a list of names is refused where a route declares nothing of this plugin`, async (t) => {
    const { app } = await startGuardedApp(t)
    for (const value of [['a'], new Set(['a'])]) t.throws(() => app.get('/', { config: { [key]: value } }, handler), refused(key, 'roles'))
    for (const [index, value] of ['public-read', true, { a: 1 }].entries()) app.get(`/${index}`, { config: { [key]: value } }, handler)
    app.get('/own', { config: { scopes: [], [key]: ['a'] } as object }, handler)
    await app.ready()
  })
}

for (const key of COMMON_WORDS) {
  t.test(`"${key}" is refused only where a route declares nothing of this plugin`, async (t) => {
    const { app } = await startGuardedApp(t)
    t.throws(() => app.get('/', { config: { [key]: ['a'] } }, handler), refused(key, 'roles'))
    for (const [index, own] of [{ roles: ['a'] }, { scopes: [] }, { access: 'public' }].entries()) app.get(`/${index}`, { config: { ...own, [key]: ['a'] } as object }, handler)
    await app.ready()
  })
}

for (const [key, meant] of [['rolle', 'roles'], ['riles', 'roles'], ['rolez', 'roles'], ['r0les', 'roles'], ['rol', 'roles'], ['scoqe', 'scopes'], ['scopez', 'scopes'], ['scape', 'scopes']] as const) {
  t.test(`"${key}" with names is refused where a route declares nothing of this plugin`, async (t) => {
    const { app } = await startGuardedApp(t)
    for (const value of ['a', ['a'], [['a'], ['b']], new Set(['a'])]) t.throws(() => app.get('/', { config: { [key]: value } }, handler), refused(key, meant))
    for (const [index, value] of [true, 1, '', { a: 1 }, [1], [1, 'a'], [{}], null].entries()) app.get(`/${index}`, { config: { [key]: value } }, handler)
    for (const [index, own] of [{ roles: ['a'] }, { scopes: [] }, { access: 'public' }].entries()) app.get(`/own/${index}`, { config: { ...own, [key]: ['a'] } as object }, handler)
    await app.ready()
  })
}

t.test('words of other guards beside access are ignored on routes without a check', async (t) => {
  const { app } = await startGuardedApp(t)
  for (const key of ['role', 'scope', 'Scope', ...ROLE_WORDS, ...SCOPE_WORDS, ...ORGANIZATION_WORDS]) app.get(`/own/${key}`, { config: { access: 'own', [key]: ['a'] } as object }, handler)
  for (const key of [...ORGANIZATION_WORDS, 'freshnessPolicy']) app.get(`/public/${key}`, { config: { access: 'public', [key]: 'a' } as object }, handler)
  for (const key of ROLE_WORDS) t.throws(() => app.get('/', { config: { access: 'public', [key]: ['a'] } as object }, handler), refused(key, 'roles'))
  await app.ready()
})

for (const name of ['zitadel', 'Zitadel', 'fastifyZitadel', 'fastify-zitadel']) {
  t.test(`a requirement inside "${name}" is refused, in "config" and beside it`, async (t) => {
    const { app } = await startGuardedApp(t)
    const refusal = (place: string) => ({ code: 'FST_ZITADEL_OPTION', message: `route GET /: "${name}" is unknown: put scopes, roles, organization, freshness, mcp, access ${place} "config"` })
    t.throws(() => app.get('/', { config: { [name]: { roles: ['a'] } } as object }, handler), refusal('directly into'))
    t.throws(() => app.get('/', { [name]: { roles: ['a'] } } as object, handler), refusal('into'))
  })
}

for (const [key, option] of [['projectId', 'projectId'], ['clients', 'clients'], ['personalAccessTokens', 'personalAccessTokens'], ['custom_scopes', 'customScopes'], ['undeclaredRoutes', 'undeclaredRoutes'], ['unmatched', 'unmatched'], ['clientId', 'clients'], ['client_ids', 'clients'], ['allowedClients', 'clients'], ['audience', 'projectId'], ['aud', 'projectId']] as const) {
  t.test(`the option of the plugin "${key}" in the config of a route is refused, because it would narrow nothing`, async (t) => {
    const { app } = await startGuardedApp(t)
    const refusal = { code: 'FST_ZITADEL_OPTION', message: `route GET /: "${key}" has no effect on a route: "${option}" is an option of the plugin` }
    t.throws(() => app.get('/', { config: { roles: ['a'], [key]: ['a'] } as object }, handler), refusal)
    t.throws(() => app.get('/', { config: { [key]: ['a'] } as object }, handler), refusal, 'alone')
    t.throws(() => app.get('/', { [key]: ['a'], config: { roles: ['a'] } } as object, handler), refusal, 'beside "config"')
    app.get('/public', { config: { access: 'public', [key]: ['a'] } as object }, handler)
    await app.ready()
  })
}

for (const [key, meant] of [['role', 'roles'], ['Roles', 'roles'], ['requiredRoles', 'roles'], ['scope', 'scopes'], ['acces', 'access'], ['organisation', 'organization'], ['orgId', 'organization'], ['permissions', 'roles']] as const) {
  t.test(`"${key}" beside "config" is refused, because it would require nothing`, async (t) => {
    const { app } = await startGuardedApp(t)
    t.throws(() => app.get('/', { [key]: 'a' } as object, handler), { code: 'FST_ZITADEL_OPTION', message: `route GET /: "${key}" must be inside "config": { config: { ${meant}: ... } }` })
  })
}

const NESTED: Array<[key: string, inner: string, value: object]> = [
  ['other', 'roles', { roles: ['a'] }],
  ['config', 'scopes', { scopes: ['a'] }],
  ['other', 'roles', { roles: 'a' }],
  ['other', 'roles', { roles: new Set(['a']) }],
  ['zitadelConfig', 'roles', { roles: ['a'], organization: '1' }],
  ['auth', 'role', { role: 'a' }],
  ['auth', 'requiredRoles', { requiredRoles: ['a'] }],
  ['auth', 'roles', { roles: { any: ['a'] } }],
  ['auth', 'roles', { get roles () { throw new Error('another plugin') } }],
  ['auth', 'roles', [{ roles: ['a'] }]],
  ['auth', 'scope', { guards: [{ scope: 'a' }] }],
  ['other', 'role', { authorization: { role: 'a' } }],
  ['other', 'roles', { first: { a: 1 }, auth: { roles: ['a'] } }],
  ['other', 'roles', { auth: { zitadel: { roles: [['a'], ['b']] } } }]
]
for (const [key, inner, value] of NESTED) {
  t.test(`a requirement inside of "${key}" is refused where a route declares nothing of this plugin: ${inspect(value, { depth: 4, breakLength: Infinity })}`, async (t) => {
    const { app } = await startGuardedApp(t)
    t.throws(() => app.get('/', { config: { [key]: value } as object }, handler), { code: 'FST_ZITADEL_OPTION', message: `route GET /: "${inner}" inside "${key}" has no effect: put it directly into "config". If it belongs to another plugin, add { scopes: [] }, which requires an active token, or { access: 'public' }` })
    for (const [index, own] of [{ roles: ['a'] }, { scopes: [] }, { access: 'own' }].entries()) app.get(`/${index}`, { config: { ...own, [key]: value } as object }, handler)
    await app.ready()
  })
}

t.test('a requirement in a misspelt "config" is refused', async (t) => {
  const { app } = await startGuardedApp(t)
  for (const key of ['Config', 'configs', 'options']) {
    t.throws(() => app.get('/', { [key]: { roles: ['a'] } } as object, handler), { code: 'FST_ZITADEL_OPTION', message: `route GET /: "roles" inside "${key}" has no effect: put it into "config". If it belongs to another plugin, give the route a "config" with { scopes: [] }, which requires an active token, or { access: 'public' }` })
  }
})

t.test('values of other plugins are not taken for requirements', async (t) => {
  const circular: unknown[] = []
  circular.push(circular)
  const { app } = await startGuardedApp(t)
  const many = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`k${index}`, 1]))
  const revoked = Proxy.revocable({}, {})
  revoked.revoke()
  const values = [
    null, 'roles', ['roles'], [...Array(300).fill({}), { roles: ['a'] }], circular, revoked.proxy, Buffer.from('roles'), new Map([['roles', ['a']]]),
    { roles: '' }, { roles: { a: 1 } }, { roles: [1] }, { roles: Array(1001).fill('a') }, { ...many, roles: ['a'] }, Object.create({ roles: ['a'] }), { roles: revoked.proxy }, { get roles () { throw new Error('another plugin') } },
    { scope: 'private' }, { role: 'button' }, { author: { role: 'editor' } }, { accessLog: { scope: 'orders' } }, { allScopes: ['a'] }, { metadata: { roles: ['guest'] } },
    { auth: { roles: true, scopes: undefined, role: null, scope: '' } }
  ]
  for (const [index, value] of values.entries()) app.get(`/${index}`, { config: { other: value } }, handler)
  for (const [index, value] of [revoked.proxy, { a: { b: { c: { d: { roles: ['a'] } } } } }].entries()) app.get(`/auth/${index}`, { config: { auth: value } }, handler)
  app.get('/beside', { openapi: { example: { roles: ['a'] } }, querystring: { anyOf: [{ roles: ['a'] }] } } as object, handler)
  await app.ready()
})

t.test('route options of Fastify are not taken for misspelt keys', async (t) => {
  const { app } = await startGuardedApp(t)
  app.post('/described', { schema: { body: { type: 'object', examples: [{ roles: ['a'] }] } } }, handler)
  app.route({ method: 'GET', url: '/', handler, attachValidation: true, bodyLimit: 1, exposeHeadRoute: true, logLevel: 'warn', constraints: { version: '1.0.0' }, prefixTrailingSlash: 'both', errorHandler: () => {}, onTimeout: async () => {}, onError: async () => {}, config: { scopes: [] } })
  await app.ready()
})

for (const key of ['scopes', 'roles', 'organization', 'freshness', 'access']) {
  t.test(`"${key}" beside "config" instead of inside it is refused`, async (t) => {
    const { app } = await startGuardedApp(t)
    const expected = { code: 'FST_ZITADEL_OPTION', message: `route GET /: "${key}" must be inside "config": { config: { ${key}: ... } }` }
    t.throws(() => app.get('/', { [key]: ['a'] } as object, handler), expected)
    t.throws(() => app.route({ method: 'GET', url: '/', handler, [key]: ['a'], config: { scopes: [] } } as never), expected)
  })
}

t.test('keys that only look similar are left to other plugins', async (t) => {
  const { app } = await startGuardedApp(t)
  for (const key of ['rules', 'scores', 'holes', 'pole', 'tole', 'slope', 'scoped', 'scopeId', 'cacheScope', 'roleplay', 'groups', 'claims', 'myRequiredGroups', 'requiredGroupSize', 'permissionSet', 'nonPermissions', 'organizationWide', 'coworkers', 'keyScope', 'profiles']) app.get(`/alone/${key}`, { config: { [key]: ['a'] } }, handler)
  for (const [index, key] of ['rules', 'scoped', 'poles', 'rxoes', 'rlxes', 'rolesss', 'process', 'fresh', 'organ', 'r', '', 'constructor', 'origin', 'tenancy'].entries()) app.get(`/${index}`, { config: { scopes: [], [key]: true } as object }, handler)
  await app.ready()
  t.equal((await app.inject('/0')).statusCode, 401)
})
