import t from 'tap'
import Fastify, { type FastifyInstance, type FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import cors from '@fastify/cors'
import zitadel, { type ZitadelOptions } from '../../lib/index.ts'
import { startStandIn } from '../../lib/testing/index.ts'
import { createIntrospect, activeResponse, getter, type TestContext } from '../fixtures/guarded-app.ts'
import { restoreHookName } from '../../lib/guard/routes/guarded-routes.ts'

const handler = async (): Promise<string> => 'served'
const options = { introspect: createIntrospect({ good: activeResponse() }).introspect }
const noRoute = { code: 'FST_ZITADEL_OPTION', message: /guards no route.*fastify-plugin/ }

/** As @fastify/otel does: a wrapper with a name of its own takes the place of each hook. */
function wrapHooks (app: FastifyInstance): void {
  const { addHook } = app
  app.addHook = function (this: FastifyInstance, name: string, hook: (...args: unknown[]) => unknown) {
    const wrapped = name.startsWith('on') && name !== 'onRequest' ? hook : function handlerWrapped (this: unknown, ...args: unknown[]) { return hook.apply(this, args) }
    return addHook.call(this, name as never, wrapped as never)
  } as never
}

function createApp (t: TestContext): FastifyInstance {
  const app = Fastify()
  t.teardown(async () => await app.close())
  return app
}

const zitadelFile: FastifyPluginAsync = async (scope) => { await scope.register(zitadel, options) }

for (const wrapped of [false, true]) {
  const where = wrapped ? ', with wrapped hooks' : ''

  t.test(`a guard in a plugin without fastify-plugin does not start, wherever the routes are${where}`, async (t) => {
    for (const declare of [
      (app: FastifyInstance) => { app.get('/', handler) },
      (app: FastifyInstance) => { app.register(async (child) => { child.get('/', handler) }) },
      (app: FastifyInstance) => { app.register(async (child) => { child.post('/', handler) }, { prefix: '/v1' }) },
      (app: FastifyInstance) => { app.head('/', handler) }
    ]) {
      for (const isFirst of [true, false]) {
        const app = createApp(t)
        if (wrapped) wrapHooks(app)
        if (!isFirst) declare(app)
        app.register(zitadelFile)
        if (isFirst) declare(app)
        await t.rejects(async () => await app.ready(), noRoute)
      }
    }
  })

  t.test(`a guard starts in a scope with routes of its own${where}`, async (t) => {
    for (const declare of [
      async (scope: FastifyInstance) => { await scope.register(zitadel, options); scope.get('/in', handler) },
      async (scope: FastifyInstance) => { scope.get('/in', handler); await scope.register(zitadel, options) },
      async (scope: FastifyInstance) => { scope.register(zitadel, options); scope.get('/in', handler) },
      async (scope: FastifyInstance) => { await scope.register(zitadel, options); scope.register(async (child) => { child.get('/in', handler) }) },
      async (scope: FastifyInstance) => { scope.register(async (child) => { child.get('/in', handler) }); await scope.register(zitadel, options) }
    ]) {
      const app = createApp(t)
      if (wrapped) wrapHooks(app)
      app.get('/out', handler)
      app.register(declare)
      const get = getter(app)
      t.equal((await get('/out', null)).statusCode, 200)
      t.equal((await get('/in', null)).statusCode, 401)
      t.equal((await get('/in')).statusCode, 200)
    }
  })

  t.test(`of two guards in sibling scopes, the one without a route stops the start${where}`, async (t) => {
    const app = createApp(t)
    if (wrapped) wrapHooks(app)
    app.register(async (scope) => { scope.get('/a', handler); await scope.register(zitadel, options) })
    app.register(zitadelFile)
    await t.rejects(async () => await app.ready(), noRoute)
  })

  t.test(`refused: an early route of a scope is named, and one outside is not${where}`, async (t) => {
    const app = createApp(t)
    if (wrapped) wrapHooks(app)
    app.get('/out', handler)
    app.register(async (scope) => {
      scope.get('/early', { config: { scopes: [] } }, handler)
      await scope.register(zitadel, { ...options, undeclaredRoutes: 'refused' })
      scope.get('/late', { config: { scopes: [] } }, handler)
    })
    await t.rejects(async () => await app.ready(), { message: /first\): GET \/early, HEAD \/early$/ })
  })

  t.test(`refused: an early route of the root is named${where}`, async (t) => {
    const app = createApp(t)
    if (wrapped) wrapHooks(app)
    app.get('/early', { config: { scopes: [] } }, handler)
    await app.register(zitadel, { ...options, undeclaredRoutes: 'refused' })
    await t.rejects(async () => await app.ready(), { message: /first\): GET \/early, HEAD \/early$/ })
  })
}

t.test('one line says that routes are outside of the scope, and names those that declare a requirement', async (t) => {
  const start = async (declare: (app: FastifyInstance) => void): Promise<Array<[level: number, message: string]>> => {
    const lines: Array<[number, string]> = []
    const write = (line: string): void => { const { level, msg } = JSON.parse(line); lines.push([level, msg]) }
    const app = Fastify({ logger: { level: 'info', stream: { write } } })
    t.teardown(async () => await app.close())
    declare(app)
    await app.ready()
    return lines
  }
  const inner = async (scope: FastifyInstance): Promise<void> => { await scope.register(zitadel, options); scope.get('/me', handler) }
  const declareOpen = (app: FastifyInstance): void => {
    app.get('/open', { config: { access: 'public' } }, handler)
    app.get('/other', { config: { other: true } }, handler)
  }
  const declare = (app: FastifyInstance): void => {
    declareOpen(app)
    app.post('/orders', { config: { roles: ['admin'] } }, handler)
    app.put('/orders', { config: { scopes: [] } }, handler)
    app.post('/mcp', { config: { mcp: { tools: { purge: { roles: ['admin'] } } } } }, handler)
  }
  const warning = [40, 'fastify-zitadel: routes outside of the scope of this plugin declare a requirement, which it does not enforce: POST /orders, PUT /orders, POST /mcp. Register the plugin on the root instance, or wrap its file in fastify-plugin']
  t.strictSame(await start((app) => { app.register(inner); declare(app) }), [warning])
  t.strictSame(await start((app) => { app.register(inner); app.register(inner, { prefix: '/v2' }); declare(app) }), [warning], 'two guards')
  t.strictSame(await start((app) => { app.register(inner); declareOpen(app) }), [[30, 'fastify-zitadel: routes outside of the scope of this plugin are not guarded, such as GET /open. The command "fastify-zitadel routes" lists them']])
  t.strictSame(await start((app) => {
    app.register(async (scope) => { await scope.register(zitadel, options); scope.get('/a', { config: { roles: ['admin'] } }, handler) })
    app.register(async (scope) => { await scope.register(zitadel, options); scope.get('/b', { config: { roles: ['admin'] } }, handler) })
  }), [], 'each route has a guard')
  t.strictSame(await start((app) => { app.register(fp(async (scope) => { await inner(scope); declare(scope) })) }), [])
})

t.test('the routes of the plugin itself are no routes outside of its scope', async (t) => {
  const lines: string[] = []
  const app = Fastify({ logger: { level: 'info', stream: { write: (line) => { lines.push(JSON.parse(line).msg) } } } })
  t.teardown(async () => await app.close())
  app.register(async (scope) => { await scope.register(zitadel, { ...options, issuer: 'https://auth.acme.example', resource: 'https://api.acme.example/mcp' }) })
  await app.ready()
  t.strictSame(lines.filter((line) => line.includes('outside of the scope')), [])
})

t.test('a guard starts where the server has no route, or only routes for OPTIONS', async (t) => {
  const empty = createApp(t)
  empty.register(zitadelFile)
  await t.resolves(Promise.resolve(empty.ready()))
  const preflights = createApp(t)
  preflights.options('*', handler)
  preflights.register(zitadelFile)
  await t.resolves(Promise.resolve(preflights.ready()))
})

t.test('a guard on the root starts without routes, and in a wrapped plugin', async (t) => {
  const bare = createApp(t)
  await bare.register(zitadel, options)
  await t.resolves(Promise.resolve(bare.ready()))
  const wrapped = createApp(t)
  wrapped.register(fp(zitadelFile))
  wrapped.get('/', handler)
  t.equal((await getter(wrapped)('/', null)).statusCode, 401)
})

t.test('a scope whose only route serves OPTIONS has a route', async (t) => {
  const app = createApp(t)
  app.get('/', handler)
  app.register(async (scope) => { await scope.register(zitadel, options); scope.options('/in', handler) })
  await t.resolves(Promise.resolve(app.ready()))
})

t.test('the route of @fastify/cors does not hide that a scope has no route', async (t) => {
  for (const isBefore of [true, false]) {
    const app = createApp(t)
    app.delete('/', handler)
    app.register(async (scope) => {
      if (isBefore) await scope.register(cors)
      await scope.register(zitadel, options)
      if (!isBefore) await scope.register(cors)
    })
    await t.rejects(async () => await app.ready(), noRoute)
  }
})

t.test('the message names the plugin to wrap, and no source text', async (t) => {
  const named = createApp(t)
  named.get('/', handler)
  named.register(async function authorization (scope) { await scope.register(zitadel, options) })
  await t.rejects(async () => await named.ready(), { message: 'fastify-zitadel guards no route: its scope has none, and routes outside of the scope are open. Wrap the plugin "authorization" in fastify-plugin, or declare the routes inside it' })
  const anonymous = createApp(t)
  anonymous.get('/', handler)
  anonymous.register(async (scope) => { await scope.register(zitadel, options) })
  await t.rejects(async () => await anonymous.ready(), { message: /Wrap the plugin that registers it in fastify-plugin/ })
})

t.test('refused: an early route with a constraint is named, although its path is declared again later', async (t) => {
  const app = createApp(t)
  app.get('/v', { exposeHeadRoute: false, constraints: { version: '1.0.0' }, config: { scopes: [] } }, handler)
  await app.register(zitadel, { ...options, undeclaredRoutes: 'refused' })
  app.get('/v', { exposeHeadRoute: false, config: { scopes: [] } }, handler)
  await t.rejects(async () => await app.ready(), { message: /first\): GET \/v$/ })
})

t.test('refused: a route outside of the scope with another constraint is not taken for an early one', async (t) => {
  const app = createApp(t)
  app.get('/v', { constraints: { host: 'a.example' } }, handler)
  app.register(async (scope) => {
    await scope.register(zitadel, { ...options, undeclaredRoutes: 'refused' })
    scope.get('/v', { config: { scopes: [] } }, handler)
  })
  await t.resolves(Promise.resolve(app.ready()))
})

t.test('the name of a hook is not restored where Fastify keeps no hooks under its symbol', async (t) => {
  for (const app of [{}, { [Symbol('fastify.hooks')]: undefined }, { [Symbol('fastify.hooks')]: { onRequest: [] } }, { [Symbol('fastify.hooks')]: { onRequest: ['text'] } }]) {
    t.doesNotThrow(() => restoreHookName(app, 'guard'))
  }
  const wrapper = (): void => {}
  restoreHookName(Object.create({ [Symbol('other')]: 1, [Symbol('fastify.hooks')]: { onRequest: [() => {}, wrapper] } }), 'guard')
  t.equal(wrapper.name, 'guard')
})

t.test('a route that the plugin serves itself is no route of the scope', async (t) => {
  const standIn = await startStandIn()
  t.teardown(async () => await standIn.close())
  const { issuer, credentials } = standIn
  for (const own of [{ ...options, events: { path: '/events', signingKey: 'k'.repeat(32) } }, { issuer, credentials, backChannelLogout: { path: '/logout', clientId: '1' } }] as ZitadelOptions[]) {
    const app = createApp(t)
    app.register(async (scope) => { await scope.register(zitadel, own) })
    app.get('/', handler)
    await t.rejects(async () => await app.ready(), noRoute)
    const alone = createApp(t)
    alone.register(async (scope) => { await scope.register(zitadel, own) })
    await alone.ready()
    const guarding = createApp(t)
    guarding.register(async (scope) => { scope.get('/in', handler); await scope.register(zitadel, own) })
    guarding.get('/', handler)
    await guarding.ready()
  }
})
