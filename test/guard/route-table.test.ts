import t from 'tap'
import Fastify from 'fastify'
import zitadel, { type ZitadelOptions, type ZitadelRouteOptions } from '../../lib/index.ts'
import { resolveRouteRule, type RuleConfig } from '../../lib/guard/route-rules.ts'
import { describeRule, listGuards, sortRows, type RouteAccess } from '../../lib/guard/route-table.ts'

const CONFIG: RuleConfig = { customScopes: 'roles', undeclaredRoutes: 'protected', unmatched: 'open' }

function describe (config: ZitadelRouteOptions | undefined, options: Partial<RuleConfig> = {}, method = 'GET'): RouteAccess {
  return describeRule(resolveRouteRule({ ...CONFIG, ...options }, { method, url: '/', config: config as never }))
}

t.test('a declared requirement is described in the words of the config', async (t) => {
  t.same(describe({ scopes: [] }), { access: 'guarded' })
  t.same(describe({ roles: ['reader'] }), { access: 'guarded', roles: ['reader'] })
  t.same(describe({ scopes: ['openid', 'orders'], roles: [['b', 'a'], ['a']], organization: '290', freshness: 0 }), {
    access: 'guarded', scopes: ['openid', 'orders'], roles: [['a'], ['a', 'b']], organization: '290', freshness: 0
  })
  t.same(describe({ roles: ['reader'], organization: () => '290', freshness: 1.5 }), { access: 'guarded', roles: ['reader'], organization: 'per request', freshness: 1.5 })
  for (const access of ['public', 'optional', 'own'] as const) t.same(describe({ access }), { access })
})

t.test('the tools of an MCP server are described, sorted by name', async (t) => {
  const tools = { 'purge-notes': { roles: [['b', 'a'], ['a']], organization: '290' }, 'list-notes': {}, mail: { scopes: ['email'] } } as const
  t.strictSame(JSON.stringify(describe({ roles: ['reader'], mcp: { tools } })), JSON.stringify({
    access: 'guarded',
    roles: ['reader'],
    mcp: { tools: { 'list-notes': {}, mail: { scopes: ['email'] }, 'purge-notes': { roles: [['a'], ['a', 'b']], organization: '290' } }, otherTools: 'refused' }
  }))
  t.same(describe({ mcp: { tools: {}, otherTools: 'allowed' } }), { access: 'guarded', mcp: { tools: {}, otherTools: 'allowed' } })
})

t.test('the order in which sets are declared does not change the description', async (t) => {
  t.same(describe({ scopes: [['openid', 'b'], ['a']] }), describe({ scopes: [['a'], ['b', 'openid']] }))
  t.same(describe({ roles: ['b', 'a'] }), describe({ roles: ['a', 'b'] }))
})

t.test('an undeclared route is described by the option undeclaredRoutes', async (t) => {
  t.same(describe(undefined), { access: 'guarded' })
  t.same(describe(undefined, { undeclaredRoutes: 'public' }), { access: 'public' })
  t.same(describe(undefined, { undeclaredRoutes: () => ({ access: 'own' }) }), { access: 'own' })
  t.same(describe(undefined, { undeclaredRoutes: () => ({ roles: ['admin'] }) }), { access: 'guarded', roles: ['admin'] })
  t.throws(() => describe(undefined, { undeclaredRoutes: 'refused' }), { code: 'FST_ZITADEL_OPTION' })
  t.same(describe(undefined, { undeclaredRoutes: 'refused' }, 'OPTIONS'), { access: 'guarded' })
})

t.test('a server knows its guards by the names of their hooks', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  t.same([...listGuards(app.server)], [])
  const introspect: ZitadelOptions['introspect'] = async () => ({ active: false })
  for (const undeclaredRoutes of ['protected', 'public'] as const) {
    await app.register(async (child) => { await child.register(zitadel, { introspect, undeclaredRoutes }) })
  }
  t.same([...listGuards(app.server)].map(([name, { undeclaredRoutes }]) => [name, undeclaredRoutes]), [
    ['fastifyZitadelOnRequest', 'protected'],
    ['fastifyZitadelOnRequest2', 'public']
  ])
})

t.test('rows are sorted by URL, method and constraints, from any order', async (t) => {
  const rows = [
    { method: 'GET', url: '/a', access: 'guarded' as const },
    { method: 'POST', url: '/a', access: 'guarded' as const },
    { method: 'GET', url: '/b', access: 'guarded' as const },
    { method: 'GET', url: '/b', constraints: { version: '1.0.0' }, access: 'guarded' as const },
    { method: 'GET', url: '/b', constraints: { version: '2.0.0' }, access: 'guarded' as const }
  ]
  const expected = JSON.stringify(sortRows(rows))
  t.equal(JSON.stringify(sortRows(rows.toReversed())), expected)
  t.equal(JSON.stringify(sortRows([rows[2]!, rows[4]!, rows[0]!, rows[3]!, rows[1]!])), expected)
  t.equal(sortRows(rows)[0]!.url, '/a')
})
