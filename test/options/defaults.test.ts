import t from 'tap'
import { createConfig } from '../../lib/options/config.ts'
import { VALID_OPTIONS } from '../fixtures/registration.ts'

const { issuer, credentials } = VALID_OPTIONS

t.test('an option that is not given has its documented default', async (t) => {
  const { authorizationServer, ...rest } = createConfig({ issuer, credentials }, {})
  t.same(rest, {
    timeout: 3000,
    retry: true,
    breaker: true,
    staleIfError: 0,
    verifyOnStart: undefined,
    limits: { concurrent: 32, queue: 4000, perSecond: undefined },
    customScopes: 'roles',
    undeclaredRoutes: 'protected',
    personalAccessTokens: true,
    publishSub: false,
    cache: { isEnabled: true, ttl: 30, inactiveTtl: 5, max: 10_000, maxBytes: 100_663_296, refreshAhead: true, shared: undefined },
    clients: undefined,
    resources: [],
    events: undefined,
    backChannelLogout: undefined,
    issuer
  })
  t.equal(authorizationServer?.issuer, issuer)
  t.same(authorizationServer?.endpoint, { origin: issuer, path: '/oauth/v2/introspect', headers: {} })
})

t.test('undefined means not given', async (t) => {
  const nothing = { cache: undefined, timeout: undefined, retry: undefined, breaker: undefined, limits: undefined, staleIfError: undefined, verifyOnStart: undefined, customScopes: undefined, undeclaredRoutes: undefined, personalAccessTokens: undefined, publishSub: undefined, clients: undefined, address: undefined }
  const { authorizationServer: _, ...rest } = createConfig({ issuer, credentials, ...nothing }, {})
  const { authorizationServer: __, ...defaults } = createConfig({ issuer, credentials }, {})
  t.same(rest, defaults)
  t.match(createConfig({ issuer, credentials, cache: { ttl: undefined, max: 5 } }, {}).cache, { ttl: 30, inactiveTtl: 5, max: 5 })
})

t.test('given options are used', async (t) => {
  const given = { timeout: 500, retry: false, breaker: false, staleIfError: 60, verifyOnStart: true, customScopes: 'scope', undeclaredRoutes: 'refused', personalAccessTokens: false, publishSub: true, realm: 'orders', projectId: '1', tokenFrom: () => null, dispatcher: { request () {} } as never } as const
  t.match(createConfig({ issuer, credentials, ...given }, {}), given)
  t.match(createConfig({ issuer, credentials, cache: false }, {}).cache, { isEnabled: false, ttl: 0, inactiveTtl: 0 })
  t.match(createConfig({ issuer, credentials, cache: { ttl: 0, inactiveTtl: 0, max: 1, refreshAhead: false } }, {}).cache, { ttl: 0, inactiveTtl: 0, max: 1, refreshAhead: false })
  t.match(createConfig({ issuer, credentials, limits: { perSecond: 40 } }, {}).limits, { concurrent: 32, queue: 4000, perSecond: 40 })
})

t.test('the default of cache.maxBytes is 96 MiB, or 8 KiB for each verdict if that is more', async (t) => {
  for (const [max, maxBytes] of [[1, 100_663_296], [12_288, 100_663_296], [12_289, 100_671_488], [1_000_000, 8_192_000_000]] as const) {
    t.match(createConfig({ issuer, credentials, cache: { max } }, {}).cache, { max, maxBytes })
  }
  t.match(createConfig({ issuer, credentials, cache: { max: 1_000_000, maxBytes: 5 } }, {}).cache, { maxBytes: 5 })
})

t.test('later changes to the given objects have no effect', async (t) => {
  const clients = ['web']
  const cache = { ttl: 10 }
  const config = createConfig({ issuer, credentials, clients, cache }, {})
  clients.push('evil')
  cache.ttl = 1e6
  t.same([...config.clients!], ['web'])
  t.match(config.cache, { ttl: 10 })
  t.ok(Object.isFrozen(config))
  t.ok(Object.isFrozen(config.cache))
})

t.test('with introspect, neither issuer nor credentials are needed', async (t) => {
  const introspect = (): object => ({ active: false })
  const config = createConfig({ introspect }, { ZITADEL_KEY: 'broken', ZITADEL_ISSUER: 'nonsense' })
  t.equal(config.authorizationServer, undefined)
  t.equal(config.introspect, introspect)
  t.throws(() => createConfig({ introspect, issuer: 'nonsense' }, {}), { code: 'FST_ZITADEL_OPTION', message: /"issuer"/ }, 'given options are checked nevertheless')
})
