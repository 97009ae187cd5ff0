import t from 'tap'
import type { FastifyRequest } from 'fastify'
import { bearer, startGuardedApp, activeResponse, roles } from '../fixtures/guarded-app.ts'

const caller = activeResponse(roles({ admin: ['acme', 'globex'], reader: ['initech'] }))

t.test('a role must be held in the named organization', async (t) => {
  const { app, get } = await startGuardedApp(t, { responses: { caller } })
  app.get('/acme', { config: { roles: ['admin'], organization: 'acme' } }, async () => 'served')
  app.get('/initech', { config: { roles: ['admin'], organization: 'initech' } }, async () => 'served')
  app.get('/any', { config: { roles: [['admin', 'reader']] } }, async () => 'served')
  app.get('/both', { config: { roles: ['admin', 'reader'], organization: 'acme' } }, async () => 'served')
  t.equal((await get('/acme', 'caller')).statusCode, 200)
  t.equal((await get('/initech', 'caller')).json().code, 'FST_ZITADEL_INSUFFICIENT_ROLE', 'the organization granted another role')
  t.equal((await get('/any', 'caller')).statusCode, 200, 'without one, any organization is accepted')
  t.equal((await get('/both', 'caller')).statusCode, 403, 'both roles in the same organization')
})

t.test('custom scopes are roles, and are held in the organization too', async (t) => {
  const { app, get } = await startGuardedApp(t, { responses: { caller } })
  app.get('/in/:org', { config: { scopes: ['openid', 'reader'], organization: (request) => (request.params as { org: string }).org } }, async () => 'served')
  t.equal((await get('/in/initech', 'caller')).statusCode, 200)
  t.equal((await get('/in/acme', 'caller')).statusCode, 403)
})

t.test('a function sees params, query and headers, and no body', async (t) => {
  const { app } = await startGuardedApp(t, { responses: { caller } })
  const seen: unknown[] = []
  const organization = (request: FastifyRequest): string => {
    seen.push(request.body)
    return `${(request.params as { a: string }).a}${(request.query as { b: string }).b}${String(request.headers['x-c'])}`
  }
  app.post('/:a', { config: { roles: ['admin'], organization } }, async () => 'served')
  const headers = { ...bearer('caller'), 'x-c': 'e' }
  const reply = await app.inject({ method: 'POST', url: '/ac?b=m', headers, payload: { org: 'x' } })
  t.equal(reply.statusCode, 200)
  t.equal(seen[0], undefined)
})

const undecided: Record<string, () => unknown> = {
  'throws an error': () => { throw new Error('no such tenant') },
  'throws undefined': () => { throw undefined }, // eslint-disable-line no-throw-literal
  'gives a promise': () => Promise.resolve('acme'),
  'gives a promise that is rejected': () => Promise.reject(new Error('no such tenant')),
  'gives a thenable': () => ({ then: (resolve: (id: string) => void) => { resolve('acme') } }),
  'gives the empty string': () => '',
  'gives nothing': () => undefined,
  'gives null': () => null,
  'gives a number': () => 7,
  'gives an array': () => ['acme'],
  'gives an object that reads as an id': () => ({ toString: () => 'acme' })
}

for (const [what, organization] of Object.entries(undecided)) {
  t.test(`a function that ${what} denies`, async (t) => {
    const { app, get } = await startGuardedApp(t, { responses: { caller, empty: activeResponse(roles({ admin: ['', '7', 'undefined'] })) } })
    app.get('/', { config: { roles: ['admin'], organization: organization as () => string } }, async () => 'served')
    for (const token of ['caller', 'empty']) {
      const reply = await get('/', token)
      t.equal(reply.statusCode, 403)
      t.equal(reply.json().code, 'FST_ZITADEL_INSUFFICIENT_ROLE')
      t.notMatch(reply.body, 'no such tenant')
    }
  })
}
