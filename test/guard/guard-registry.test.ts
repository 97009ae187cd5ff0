import t from 'tap'
import Fastify from 'fastify'
import zitadel, { type ZitadelOptions } from '../../lib/index.ts'
import { findGuardConfig, listGuardConfigs, resolveServedRule } from '../../lib/guard/routes/guard-registry.ts'
import { listServedRoutes } from '../../lib/guard/routes/served-routes.ts'

t.test('a server knows its guards by the names of their hooks', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  t.same([...listGuardConfigs(app.server)], [])
  const introspect: ZitadelOptions['introspect'] = async () => ({ active: false })
  for (const undeclaredRoutes of ['protected', 'public'] as const) {
    await app.register(async (child) => { await child.register(zitadel, { introspect, undeclaredRoutes }) })
  }
  t.same([...listGuardConfigs(app.server)].map(([name, { undeclaredRoutes }]) => [name, undeclaredRoutes]), [
    ['fastifyZitadelOnRequest', 'protected'],
    ['fastifyZitadelOnRequest2', 'public']
  ])
})

t.test('the rule of a served route is resolved with the schema of the route, if it has one', async (t) => {
  const app = Fastify({ exposeHeadRoutes: false })
  t.teardown(() => app.close())
  const seen: unknown[] = []
  await app.register(zitadel, {
    introspect: async () => ({ active: false }),
    undeclaredRoutes: (route) => {
      seen.push(Object.hasOwn(route, 'schema') ? route.schema : 'none')
      return 'protected'
    }
  })
  const schema = { tags: ['orders'] }
  app.get('/orders', { schema: schema as object }, async () => [])
  app.get('/plain', async () => [])
  await app.ready()
  seen.length = 0
  for (const route of listServedRoutes(app)) resolveServedRule(findGuardConfig(app, route)!, route)
  t.same(seen, [schema, 'none'])
})
