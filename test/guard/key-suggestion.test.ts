import Fastify from 'fastify'
import t from 'tap'
import zitadel from '../../lib/index.ts'

const MISSPELT: Record<string, string> = {
  rolles: 'roles', roels: 'roles', oles: 'roles', scopess: 'scopes', socpes: 'scopes', freshnes: 'freshness', freshnesss: 'freshness', organizaton: 'organization', acces: 'access', Roles: 'roles', SCOPES: 'scopes', Acess: 'access', scope: 'scopes', role: 'roles', organisation: 'organization', Organisations: 'organization', organizations: 'organization'
}

for (const [key, meant] of Object.entries(MISSPELT)) {
  t.test(`"${key}" is not taken for another plugin's word: it would ask for nothing`, async (t) => {
    const app = Fastify()
    t.teardown(() => app.close())
    await app.register(zitadel, { introspect: () => ({ active: true }) })
    t.throws(() => app.get('/', { config: { roles: ['a'], [key]: ['a'] } as object }, async () => 'in'), { code: 'FST_ZITADEL_OPTION', message: `route GET /: "${key}" is unknown, did you mean "${meant}"?` })
  })
}

t.test('words that only look alike are left to others', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(zitadel, { introspect: () => ({ active: true }) })
  for (const [index, key] of ['rules', 'scoped', 'poles', 'rxoes', 'rlxes', 'rolesss', 'process', 'fresh', 'organ', 'r', ''].entries()) app.get(`/${index}`, { config: { scopes: [], [key]: true } as object }, async () => 'in')
  await app.ready()
  t.equal((await app.inject('/0')).statusCode, 401)
})
