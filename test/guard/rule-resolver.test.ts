import t from 'tap'
import type { FastifyRequest } from 'fastify'
import { createRuleResolver } from '../../lib/guard/rules/rule-resolver.ts'

t.test('the rule of a route is found without the symbol of Fastify too, and compiled once', async (t) => {
  let reads = 0
  const resolve = createRuleResolver({ customScopes: 'roles', undeclaredRoutes: 'protected', unmatched: 'open' })
  const create = (url: string, config: { scopes?: string[] }): FastifyRequest => ({ is404: false, routeOptions: { method: 'GET', url, get config () { reads++; return config } } } as unknown as FastifyRequest)
  const [openid, profile] = [create('/openid', { scopes: ['openid'] }), create('/profile', { scopes: ['profile'] })]
  const rules = [openid, profile].map(resolve)
  t.same(rules.map(({ requirement }) => requirement.scopes[0]!.zitadel), [['openid'], ['profile']])
  reads = 0
  t.same([openid, profile].map((request, index) => resolve(request) === rules[index]), [true, true])
  t.equal(reads, 2)
})
