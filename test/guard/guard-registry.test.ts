import t from 'tap'
import Fastify from 'fastify'
import zitadel, { type ZitadelOptions } from '../../lib/index.ts'
import { listGuards } from '../../lib/guard/guard-registry.ts'

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
