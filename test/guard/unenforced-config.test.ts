import t from 'tap'
import { startGuardedApp } from '../fixtures/guarded-app.ts'
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
