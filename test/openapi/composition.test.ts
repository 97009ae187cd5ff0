import t from 'tap'
import swagger from '@fastify/swagger'
import Fastify from 'fastify'
import plugin from '../../lib/index.ts'
import { BASE_SCOPES, LOGIN, getDocument, startDocumentedApp, type Document } from '../fixtures/documented-app.ts'
import { startGuardedApp } from '../fixtures/guarded-app.ts'

t.test('a transform is composed', async (t) => {
  const { app } = await startDocumentedApp(t, { transform: ({ schema, url }) => ({ schema: { ...schema, summary: 'transformed' }, url: `/v1${url}` }) })
  app.get('/orders', { config: { roles: ['reader'] } }, async () => ({}))
  t.match((await getDocument(app)).paths, { '/v1/orders': { get: { summary: 'transformed', security: [{ zitadel: BASE_SCOPES }] } } })
})

t.test('a transformObject is composed, and gets the complete document', async (t) => {
  const { app } = await startDocumentedApp(t, {
    transformObject: (input) => {
      const { openapiObject } = input as unknown as { openapiObject: Document }
      return { ...openapiObject, 'x-seen': openapiObject.paths['/']!['get']!.security } as never
    }
  })
  app.get('/', async () => ({}))
  t.match(await getDocument(app), { 'x-seen': [{ zitadel: BASE_SCOPES }] })
})

t.test('a route can hide itself in its transform, and replace the schema of another', async (t) => {
  const { app } = await startDocumentedApp(t, { transform: ({ schema, url }) => ({ schema: url === '/hidden' ? { hide: true } : schema, url }) })
  app.get('/hidden', async () => ({}))
  app.get('/own', { config: { swaggerTransform: ({ url }) => ({ schema: { summary: 'own' }, url }) } }, async () => ({}))
  app.get('/none', { schema: { summary: 'none' }, config: { swaggerTransform: false } }, async () => ({}))
  const { paths } = await getDocument(app)
  t.same(Object.keys(paths), ['/own', '/none'])
  t.match(paths, { '/own': { get: { summary: 'own', security: [{ zitadel: BASE_SCOPES }] } }, '/none': { get: { summary: 'none', security: [{ zitadel: BASE_SCOPES }] } } })
})

t.test('documents of other instances of @fastify/swagger are left alone', async (t) => {
  const { app } = await startDocumentedApp(t)
  await app.register(swagger, { openapi: {}, decorator: 'plain' })
  app.get('/', { config: { roles: ['reader'], swaggerTransform: ({ schema, url }) => ({ schema, url }) } }, async () => ({}))
  await app.register(swagger, { decorator: 'second' })
  await app.ready()
  const { plain, second } = app as unknown as Record<string, () => Document>
  t.same(plain!().paths['/']!['get'], { responses: { 200: { description: 'Default Response' } } })
  t.same(Object.keys(second!().paths), [])
})

t.test('a document of OpenAPI 2 keeps the swaggerTransform of a route', async (t) => {
  const { app } = await startGuardedApp(t)
  await app.register(swagger, { swagger: {} })
  app.get('/', { config: { swaggerTransform: ({ schema, url }) => ({ schema, url: `/v2${url}` }) } }, async () => ({}))
  t.same(Object.keys((await getDocument(app)).paths), ['/v2/'])
})

t.test('routes outside of the scope of the guard are left alone', async (t) => {
  const app = Fastify()
  t.teardown(async () => await app.close())
  let options = {}
  await app.register(async (scope) => {
    await scope.register(plugin, { introspect: () => ({ active: false }) })
    scope.get('/guarded', async () => ({}))
    options = scope.zitadel.openapi(LOGIN).swagger()
  })
  await app.register(swagger, options)
  app.get('/outside', async () => ({}))
  t.same((await getDocument(app)).paths['/outside'], { get: { responses: { 200: { description: 'Default Response' } } } })
})

t.test('a config that is changed after the declaration does not reach the document, as it does not reach the guard', async (t) => {
  const { app } = await startDocumentedApp(t)
  const config: { roles?: string[], scopes?: string[] } = { roles: ['reader'] }
  app.get('/', { config }, async () => ({}))
  delete config.roles
  config.scopes = []
  t.equal((await app.inject({ url: '/', headers: { authorization: 'Bearer good' } })).statusCode, 403)
  t.match((await getDocument(app)).paths['/']!['get'], { description: /role `reader`/ })
})

t.test('a warning names routes that were declared before @fastify/swagger', async (t) => {
  const warn = async (count: number): Promise<string[]> => {
    const lines: string[] = []
    const { app } = await startGuardedApp(t, { server: { logger: { level: 'warn', stream: { write: (text) => { lines.push(JSON.parse(text).msg) } } } } })
    app.get('/hidden', { schema: { hide: true } }, async () => ({}))
    for (let number = 1; number <= count; number++) app.route({ method: ['GET', 'POST'], url: `/${number}`, handler: async () => ({}) })
    app.zitadel.openapi(LOGIN).swagger()
    return lines
  }
  const start = 'fastify-zitadel: register @fastify/swagger before these routes, or its document lacks them: '
  t.same(await warn(0), [])
  t.same(await warn(2), [`${start}GET,POST /1, GET,POST /2`])
  t.match(await warn(12), [/GET,POST \/10 and 2 more$/])
})
