import t from 'tap'
import Fastify from 'fastify'
import zitadel, { zitadel as named } from '../../lib/index.ts'
import { createPlugin } from '../../lib/plugin.ts'
import { systemClock } from '../../lib/clock.ts'
import { createIntrospect, getter, startGuardedApp, activeResponse } from '../fixtures/guarded-app.ts'

t.test('the plugin is the default export and a named export', async (t) => {
  t.equal(named, zitadel)
})

t.test('a second registration in the same scope or inside it throws', async (t) => {
  for (const nested of [false, true]) {
    const { app } = await startGuardedApp(t)
    const { introspect } = createIntrospect({})
    await t.rejects(async () => {
      if (nested) await app.register(async (child) => await child.register(zitadel, { introspect }))
      else await app.register(zitadel, { introspect })
    }, { code: 'FST_ZITADEL_OPTION', message: /registered already/ })
  }
})

t.test('a registration around an earlier one throws, because its routes would need a token of both', async (t) => {
  const app = Fastify()
  t.teardown(async () => await app.close())
  const { introspect } = createIntrospect({})
  await app.register(async (child) => { await child.register(async (grandchild) => { await grandchild.register(zitadel, { introspect }) }) })
  await app.register(async (sibling) => { await sibling.register(zitadel, { introspect }) })
  await t.rejects(async () => await app.register(zitadel, { introspect }), { code: 'FST_ZITADEL_OPTION', message: /registered already in a scope inside of this one/ })
})

t.test('a decorator "zitadel" of the app is not called a second registration', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  app.decorate('zitadel' as never, { client: true } as never)
  await t.rejects(async () => await app.register(zitadel, { introspect: createIntrospect({}).introspect }), { code: 'FST_ZITADEL_OPTION', message: /decorator "zitadel" already, which is not of this plugin/ })
})

t.test('a decorator "zitadel" of requests that the app has added stops the start', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  app.decorateRequest('zitadel' as never, null as never)
  await t.rejects(async () => await app.register(zitadel, { introspect: createIntrospect({}).introspect }), { code: 'FST_ZITADEL_OPTION', message: /requests have a decorator "zitadel" already, which is not of this plugin/ })
})

t.test('every hook of the plugin has a name', async (t) => {
  const { app } = await startGuardedApp(t)
  app.get('/', async () => 'served')
  await app.ready()
  const printed = app.printRoutes({ includeHooks: true })
  for (const name of ['fastifyZitadelOnRequest', 'fastifyZitadelPreHandler', 'fastifyZitadelOnError']) t.match(printed, new RegExp(`"${name}\\(\\)"`))
  t.notMatch(printed, 'anonymous')
  t.match(app.printPlugins(), 'fastify-zitadel')
})

t.test('sibling scopes use their own source of responses', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  const asked: Record<string, string[]> = {}
  for (const name of ['a', 'b']) {
    const source = createIntrospect({ [name]: activeResponse({ sub: `user of ${name}` }) })
    asked[name] = source.calls
    app.register(async (scope) => {
      await scope.register(zitadel, { introspect: source.introspect, realm: name })
      scope.get('/', async (request) => request.zitadel.sub)
    }, { prefix: `/${name}` })
  }
  app.get('/', async () => 'outside')
  const get = getter(app)
  t.equal((await get('/a', 'a')).body, 'user of a')
  t.equal((await get('/b', 'b')).body, 'user of b')
  t.equal((await get('/a', 'b')).headers['www-authenticate'], 'Bearer realm="a", error="invalid_token"')
  t.equal((await get('/b', 'a')).headers['www-authenticate'], 'Bearer realm="b", error="invalid_token"')
  t.equal((await get('/', null)).body, 'outside')
  t.strictSame(asked, { a: ['a', 'b'], b: ['b', 'a'] })
})

t.test('a wrong option stops the start, and the message names it', async (t) => {
  for (const [options, message] of [
    [{ issuer: 'http://auth.acme.example' }, /"issuer"/],
    [{ isuer: 'https://auth.acme.example' }, /unknown option "isuer"/],
    [{ introspect: 'no function' }, /"introspect"/]
  ] as const) {
    const app = Fastify()
    t.teardown(() => app.close())
    app.register(zitadel, options as object)
    await t.rejects(async () => await app.ready(), { code: 'FST_ZITADEL_OPTION', message })
  }
})

t.test('app.zitadel exists after the registration, in earlier child scopes too', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  let child: typeof app | undefined
  app.register(async (scope) => {
    child = scope as typeof app
    scope.get('/child', async (request) => [request.zitadel.sub, scope.zitadel.peek(request)?.sub])
  })
  await app.register(zitadel, { introspect: createIntrospect({ good: activeResponse() }).introspect })
  t.equal(child!.zitadel, app.zitadel)
  t.strictSame((await getter(app)('/child')).json(), ['ada', 'ada'])
  t.ok(Object.isFrozen(app.zitadel))
})

t.test('plain http to ZITADEL is warned about unless it is on loopback', async (t) => {
  const warned = async (options: object): Promise<boolean> => {
    const lines: string[] = []
    const app = Fastify({ logger: { level: 'warn', stream: { write: (line) => { lines.push(line) } } } })
    await app.register(createPlugin(systemClock), { credentials: { clientId: 'api', clientSecret: 'secret' }, ...options })
    await app.close()
    return lines.some((line) => line.includes('plain http'))
  }
  const issuer = 'https://auth.acme.example'
  t.equal(await warned({ issuer }), false)
  t.equal(await warned({ issuer, address: 'https://zitadel:8080' }), false)
  t.equal(await warned({ issuer, address: 'http://127.0.0.1:8080' }), false)
  t.equal(await warned({ issuer: 'http://localhost:8080' }), false)
  t.equal(await warned({ issuer, address: 'http://zitadel:8080' }), true)
})
