import t from 'tap'
import type { FastifyRequest } from 'fastify'
import { bearer, startGuardedApp } from '../fixtures/guarded-app.ts'

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'] as const

t.test('an unknown URL is a 404 for every method, and no token is checked', async (t) => {
  const { app, calls } = await startGuardedApp(t)
  app.get('/known', async () => 'served')
  for (const url of ['/unknown', '/known/no', '/']) {
    for (const method of METHODS) {
      for (const headers of [{}, bearer('good'), bearer('bad'), { authorization: 'Bearer' }]) {
        const reply = await app.inject({ method: method as 'GET', url, headers })
        t.equal(reply.statusCode, 404, `${method} ${url}`)
        t.notOk('www-authenticate' in reply.headers)
      }
    }
  }
  t.equal((await app.inject({ method: 'POST', url: '/known', headers: bearer('bad') })).statusCode, 404, 'an unknown method of a known URL')
  t.strictSame(calls, [])
})

t.test('a not-found handler of a prefixed scope answers without a token, and its hooks run', async (t) => {
  const { app, calls, zitadel } = await startGuardedApp(t)
  const seen: unknown[] = []
  app.setNotFoundHandler(async (_request, reply) => reply.code(404).send('root'))
  app.register(async (shop) => {
    shop.setNotFoundHandler({ preHandler: async (request: FastifyRequest) => { seen.push(zitadel().peek(request)) } }, async (_request, reply) => reply.code(404).send('shop'))
    shop.get('/known', async () => 'served')
  }, { prefix: '/shop' })
  for (const method of METHODS) {
    const reply = await app.inject({ method: method as 'GET', url: '/shop/unknown', headers: bearer('good') })
    t.equal(reply.statusCode, 404)
    t.equal(reply.payload, method === 'HEAD' ? '' : 'shop')
  }
  t.equal((await app.inject({ url: '/elsewhere', headers: bearer('good') })).body, 'root')
  t.strictSame(seen, METHODS.map(() => null))
  t.strictSame(calls, [])
  t.equal((await app.inject('/shop/known')).statusCode, 401)
})

t.test('an unknown URL is a 404 although undeclaredRoutes refuses every route', async (t) => {
  const { app } = await startGuardedApp(t, { options: { undeclaredRoutes: () => { throw new Error('asked for no route') } } })
  t.equal((await app.inject('/unknown')).statusCode, 404)
})

t.test('reply.callNotFound() in a guarded handler answers 404', async (t) => {
  const { app, get } = await startGuardedApp(t)
  app.get('/', async (_request, reply) => { reply.callNotFound(); return await reply })
  t.equal((await get('/', null)).statusCode, 401)
  t.equal((await get('/')).statusCode, 404)
})
