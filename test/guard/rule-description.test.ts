import t from 'tap'
import type { ZitadelRouteOptions } from '../../lib/index.ts'
import type { RuleConfig } from '../../lib/guard/rules/route-rules.ts'
import { resolveRouteRule } from '../../lib/guard/rules/rule-resolver.ts'
import { describeRule, type RouteAccess } from '../../lib/guard/rules/rule-description.ts'

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
