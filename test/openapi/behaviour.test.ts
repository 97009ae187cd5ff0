import t from 'tap'
import { Validator } from '@seriousme/openapi-schema-validator'
import swagger from '@fastify/swagger'
import type { FastifyInstance, HTTPMethods } from 'fastify'
import { activeResponse, bearer, roles, startGuardedApp, type Responses, type TestContext } from '../fixtures/guarded-app.ts'
import { BASE_SCOPES, LOGIN, getDocument, type Document, type Operation, type Security } from '../fixtures/documented-app.ts'

const ROLES = ['reader', 'auditor', 'admin']
const SCOPES = ['profile', 'email']

/** One token for each set of roles and scopes. Its name lists them. */
function createTokens (): Responses {
  const tokens: Responses = {}
  for (const heldRoles of listSubsets(ROLES)) {
    for (const heldScopes of listSubsets(SCOPES)) {
      const granted = Object.fromEntries(heldRoles.map((role) => [role, ['1']]))
      tokens[[...heldRoles, ...heldScopes].join('.') || 'none'] = activeResponse({ scope: ['openid', ...heldScopes].join(' '), ...roles(granted) })
    }
  }
  return tokens
}

function listSubsets (names: string[]): string[][] {
  return names.reduce<string[][]>((subsets, name) => [...subsets, ...subsets.map((subset) => [...subset, name])], [[]])
}

const TOKENS = createTokens()

/** Routes of every kind, in every place. `undeclaredRoutes` decides about those that declare nothing. */
async function declareRoutes (app: FastifyInstance): Promise<void> {
  const handler = async (): Promise<object> => ({})
  app.get('/undeclared', handler)
  app.get('/folder/undeclared', handler)
  app.get('/public', { config: { access: 'public' } }, handler)
  app.get('/optional', { config: { access: 'optional' } }, handler)
  app.get('/own', { config: { access: 'own' }, schema: { security: [{ apiKey: [] }] } }, handler)
  app.get('/any', { config: { scopes: [] } }, handler)
  app.get('/scope', { config: { scopes: ['profile'] } }, handler)
  app.get('/scopes', { config: { scopes: ['profile', 'email'] } }, handler)
  app.get('/either-scope', { config: { scopes: [['profile'], ['email']] } }, handler)
  app.get('/custom-scope', { config: { scopes: ['reader'] } }, handler)
  app.get('/mixed-scopes', { config: { scopes: [['profile', 'reader'], ['email', 'auditor']] } }, handler)
  app.get('/role', { config: { roles: ['reader'] } }, handler)
  app.get('/roles', { config: { roles: ['reader', 'auditor'] } }, handler)
  app.get('/either-role', { config: { roles: [['reader', 'auditor'], ['admin']] } }, handler)
  app.get('/both', { config: { scopes: [['profile'], ['email']], roles: [['reader'], ['admin']] } }, handler)
  app.get('/fresh', { config: { roles: ['reader'], freshness: 0 } }, handler)
  app.get('/organization', { config: { roles: ['reader'], organization: '1' } }, handler)
  app.get('/typed', { config: { roles: ['reader'] }, schema: { security: [{ zitadel: [] }] } }, handler)
  app.post('/typed-public', { config: { access: 'public' }, schema: { security: [{ zitadel: [] }] } }, handler)
  app.get('/items/:id', { config: { roles: ['reader'] }, schema: { operationId: 'getItem' } }, handler)
  app.put('/items/:id', { config: { roles: ['admin'] } }, handler)
  app.delete('/items/:id', { config: { access: 'public' } }, handler)
  app.all('/all', { config: { roles: ['reader'] } }, handler)
  app.route({ method: ['GET', 'POST'], url: '/two', config: { roles: ['auditor'] }, handler })
  app.get('/versioned', { constraints: { version: '1.0.0' }, config: { access: 'public' } }, handler)
  app.get('/versioned', { constraints: { version: '2.0.0' }, config: { roles: ['reader'] } }, handler)
  app.get('/transformed', { config: { roles: ['reader'], swaggerTransform: ({ url }) => ({ schema: { summary: 'own' }, url: `${url}-elsewhere` }) } }, handler)
  app.get('/untransformed', { config: { roles: ['reader'], swaggerTransform: false } }, handler)
  app.get('/hidden', { schema: { hide: true }, config: { roles: ['reader'] } }, handler)
  await app.register(async (scope) => {
    scope.get('/', { config: { roles: ['admin'] } }, handler)
    await scope.register(async (inner) => { inner.get('/inner', { config: { roles: ['auditor'] } }, handler) }, { prefix: '/child' })
  }, { prefix: '/scope-of-routes' })
}

async function startApp (t: TestContext, version: string): Promise<FastifyInstance> {
  const { app } = await startGuardedApp(t, {
    responses: TOKENS,
    options: { undeclaredRoutes: ({ url }) => url.startsWith('/folder') ? { roles: ['admin'] } : 'protected' }
  })
  const docs = app.zitadel.openapi(LOGIN)
  await app.register(swagger, docs.swagger({
    exposeHeadRoutes: true,
    openapi: { openapi: version, info: { title: 'Rich', version: '1' }, components: { securitySchemes: { apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key' } } } }
  }))
  await declareRoutes(app)
  return app
}

/** Whether the document says that a token is enough; null is no token. In OpenAPI 3.0 roles are in an extension. */
function isAllowed ({ security, 'x-zitadel-roles': roleSets }: Operation, held: string[] | null): boolean {
  const isHeld = (name: string): boolean => BASE_SCOPES.includes(name) || held!.includes(name)
  const isSatisfied = (requirement: Security[number]): boolean => Object.keys(requirement).length === 0 || (held !== null && Object.values(requirement).flat().every(isHeld))
  if (roleSets !== undefined && security!.length > 1) return security!.some((requirement, index) => isSatisfied(requirement) && roleSets[index]!.every(isHeld))
  if (security!.length > 0 && !security!.some(isSatisfied)) return false
  return roleSets === undefined || (held !== null && roleSets.some((set) => set.every(isHeld)))
}

function listOperations ({ paths }: Document): Array<{ url: string, method: HTTPMethods, operation: Operation }> {
  return Object.entries(paths).flatMap(([path, item]) => Object.entries(item).map(([method, operation]) => ({
    url: path.replace('{id}', '1').replace('-elsewhere', ''),
    method: method.toUpperCase() as HTTPMethods,
    operation
  })))
}

for (const version of ['3.0.3', '3.1.0']) {
  t.test(`OpenAPI ${version}: the document of each route shows what the guard enforces`, async (t) => {
    const app = await startApp(t, version)
    const operations = listOperations(await getDocument(app))
    t.ok(operations.length > 60, `${operations.length} operations`)
    for (const { url, method, operation } of operations) {
      if (url === '/own') {
        t.same(operation.security, [{ apiKey: [] }], `${method} ${url}`)
        continue
      }
      const headers = url === '/versioned' ? { 'accept-version': '2.0.0' } : {}
      const differences: string[] = []
      for (const token of [null, 'unknown', ...Object.keys(TOKENS)]) {
        const { statusCode } = await app.inject({ url, method: method as 'GET', headers: { ...headers, ...(token !== null && bearer(token)) } })
        // Every set of grants has been tried, so a mismatch of OR and AND would be seen.
        const expected = token === 'unknown' ? operation.security!.length === 0 : isAllowed(operation, token?.split('.') ?? null)
        if ((statusCode === 200) !== expected) differences.push(`${token}: ${statusCode}`)
        if (statusCode !== 200 && !Object.hasOwn(operation.responses, statusCode)) differences.push(`${token}: ${statusCode} is not documented`)
      }
      t.same(differences, [], `${method} ${url}`)
    }
  })

  t.test(`OpenAPI ${version}: the document is valid`, async (t) => {
    const app = await startApp(t, version)
    const document = await getDocument(app)
    t.same(await new Validator().validate(document as never), { valid: true })
    t.notMatch(JSON.stringify(document), /x-fastify-zitadel/)
    t.notOk(Object.keys(document.paths).includes('/hidden'))
    t.notOk(document.components.securitySchemes['zitadel']!.flows.authorizationCode.scopes['reader'], 'no role is offered as a scope')
    t.notMatch(app.swagger({ yaml: true }), /x-fastify-zitadel/)
  })
}
