import t from 'tap'
import { activeResponse, startGuardedApp } from '../fixtures/guarded-app.ts'
import { VALID_OPTIONS, startError } from '../fixtures/registration.ts'

const handler = async (): Promise<string> => 'served'

class Inherited {
  get roles (): string[] { return ['admin'] }
}

const hidden: Record<string, [config: object, key: string]> = {
  'an inherited key': [Object.create({ roles: ['admin'] }), 'roles'],
  'a key inherited twice': [Object.create(Object.create({ scopes: ['openid'] })), 'scopes'],
  'a getter of a class': [new Inherited(), 'roles'],
  'a key that is not enumerable': [Object.defineProperty({}, 'roles', { value: ['admin'] }), 'roles'],
  'an inherited key beside an own one': [Object.assign(Object.create({ organization: 'acme' }), { roles: ['admin'] }), 'organization'],
  'an inherited access': [Object.create({ access: 'own' }), 'access'],
  'an inherited key of an object without Object.prototype': [Object.create(Object.assign(Object.create(null), { freshness: 0 })), 'freshness']
}

for (const [what, [config, key]] of Object.entries(hidden)) {
  t.test(`${what} is refused, because it would not be enforced`, async (t) => {
    const { app, zitadel } = await startGuardedApp(t)
    t.throws(() => app.get('/', { config }, handler), { code: 'FST_ZITADEL_OPTION', message: `route GET /: "${key}" must be an own, enumerable property: an inherited one, or a getter of a class, would not be enforced` })
    if (key !== 'access') t.throws(() => zitadel().require(config), { code: 'FST_ZITADEL_OPTION', message: new RegExp(`"${key}" must be an own`) })
  })
}

t.test('an own getter is enforced', async (t) => {
  const { app, get } = await startGuardedApp(t)
  app.get('/', { config: { get roles () { return ['admin'] } } }, handler)
  t.equal((await get('/')).statusCode, 403)
})

t.test('a property of Object.prototype is no declaration', async (t) => {
  const names = ['access', 'roles', 'scopes', 'organization', 'freshness'] as const
  const { app, get, zitadel } = await startGuardedApp(t)
  app.get('/undeclared', handler)
  app.get('/role', { config: { roles: ['admin'] } }, handler)
  const everyObject: object = Object.getPrototypeOf({})
  for (const name of names) Object.defineProperty(everyObject, name, { value: 'public', configurable: true, enumerable: false })
  try {
    app.get('/late', { config: { scopes: [] } }, handler)
    t.type(zitadel().require({ scopes: [] }), 'function')
    t.equal((await get('/undeclared', null)).statusCode, 401)
    t.equal((await get('/undeclared')).statusCode, 200)
    t.equal((await get('/role')).statusCode, 403)
    t.equal((await get('/late')).statusCode, 200)
  } finally {
    for (const name of names) Reflect.deleteProperty(everyObject, name)
  }
})

t.test('an option on a prototype is refused', async (t) => {
  class Options {
    get personalAccessTokens (): boolean { return false }
  }
  for (const [options, name] of [
    [Object.assign(Object.create({ personalAccessTokens: false }), VALID_OPTIONS), 'personalAccessTokens'],
    [Object.assign(new Options(), VALID_OPTIONS), 'personalAccessTokens'],
    [Object.assign(Object.create({ undeclaredRoutes: 'refused' }), VALID_OPTIONS), 'undeclaredRoutes'],
    [{ ...VALID_OPTIONS, cache: Object.create({ ttl: 0 }) }, 'cache.ttl'],
    [{ ...VALID_OPTIONS, limits: Object.create({ concurrent: 1 }) }, 'limits.concurrent'],
    [{ ...VALID_OPTIONS, cache: { shared: Object.create({ prefix: 'a' }) } }, 'cache.shared.prefix']
  ] as const) {
    t.equal((await startError(t, options)).message, `option "${name}" must be an own, enumerable property of the options: an inherited one, or a getter of a class, would be ignored`)
  }
})

for (const [what, config] of Object.entries({ 'an array': ['admin'], 'a Map': new Map([['roles', ['admin']]]), 'a Set': new Set(['admin']), 'a promise': Promise.resolve({ roles: ['admin'] }), 'a Date': new Date(), 'an object with private members': new (class { readonly #roles = ['admin']; get () { return this.#roles } })(), 'a string': 'admin', 'a number': 1 })) {
  t.test(`${what} as config is refused, because it would declare nothing`, async (t) => {
    const { app, zitadel } = await startGuardedApp(t)
    t.throws(() => app.get('/', { config: config as object }, handler), { code: 'FST_ZITADEL_OPTION', message: 'route GET /: "config" must be an object: { scopes, roles, organization, freshness, mcp, access }' })
    t.throws(() => zitadel().require(config as object), { code: 'FST_ZITADEL_OPTION', message: /must be an object/ })
  })
}

/** Runs a function while every object inherits these properties. */
async function withInherited (properties: object, work: () => Promise<unknown>): Promise<void> {
  const everyObject: object = Object.getPrototypeOf({})
  for (const [name, value] of Object.entries(properties)) Object.defineProperty(everyObject, name, { value, configurable: true, enumerable: false, writable: true })
  try {
    await work()
  } finally {
    for (const name of Object.keys(properties)) Reflect.deleteProperty(everyObject, name)
  }
}

t.test('a property of Object.prototype is no option', async (t) => {
  await withInherited({ tokenFrom: () => 'good', clients: ['other'], projectId: 'other', undeclaredRoutes: 'public', unmatched: 'protected', staleIfError: 1000, realm: 'other' }, async () => {
    const { app, get } = await startGuardedApp(t)
    app.get('/', handler)
    const denied = await get('/', null)
    t.equal(denied.statusCode, 401)
    t.equal(denied.headers['www-authenticate'], 'Bearer')
    t.equal((await get('/')).statusCode, 200)
    t.equal((await get('/unknown', null)).statusCode, 404)
  })
})

t.test('a property of Object.prototype is no claim', async (t) => {
  const cases: Array<[what: string, inherited: object, response: object, options: object, status: number]> = [
    ['active', { active: true }, {}, {}, 503],
    ['jti', { jti: 'V2_1' }, activeResponse(), { personalAccessTokens: false }, 401],
    ['client_id', { client_id: 'app' }, { active: true, sub: 'ada' }, { clients: ['app'] }, 401],
    ['aud', { aud: ['p'] }, activeResponse(), { projectId: 'p' }, 401],
    ['exp', { exp: 1 }, activeResponse(), {}, 200],
    ['cnf', { cnf: {} }, activeResponse(), {}, 200],
    ['roles', { 'urn:zitadel:iam:org:project:roles': { admin: { acme: 'acme.example' } } }, activeResponse(), {}, 403]
  ]
  for (const [what, inherited, response, options, status] of cases) {
    const { app, get } = await startGuardedApp(t, { responses: { caller: response }, options })
    app.get('/', handler)
    app.get('/admin', { config: { roles: ['admin'] } }, handler)
    await app.ready()
    await withInherited(inherited, async () => {
      t.equal((await get(status === 403 ? '/admin' : '/', 'caller')).statusCode, status, what)
    })
  }
})

t.test('request.zitadel has no claim of Object.prototype', async (t) => {
  const { app, get } = await startGuardedApp(t, { responses: { caller: { active: true } } })
  app.get('/', async ({ zitadel: { sub, clientId, organization, metadata, actor, expiresAt } }) => ({ sub, clientId, organization, metadata, actor, expiresAt }))
  await app.ready()
  await withInherited({ sub: 'eve', client_id: 'app', act: { sub: 'eve' }, exp: 9e9, 'urn:zitadel:iam:org:id': 'acme', 'urn:zitadel:iam:user:metadata': { tier: 'Z29sZA' } }, async () => {
    t.strictSame((await get('/', 'caller')).json(), { sub: '', metadata: {} })
  })
})
