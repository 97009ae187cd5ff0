import t from 'tap'
import type { ActiveToken } from '../../lib/index.ts'
import { startGuardedApp, activeResponse, roles, type TestContext } from '../fixtures/guarded-app.ts'

const claims = {
  jti: 'V2_1-at_2',
  scope: 'openid urn:zitadel:iam:user:metadata',
  exp: 4_000_000_000,
  act: { sub: 'support', act: { sub: 'root' } },
  'urn:zitadel:iam:user:metadata': { tier: 'Z29sZA' },
  'urn:zitadel:iam:user:resourceowner:id': 'acme',
  custom: { nested: [{ deep: true }] },
  ...roles({ admin: ['acme', 'globex'] })
}

/** What a handler can see. */
async function seen (t: TestContext): Promise<ActiveToken> {
  const { app, get } = await startGuardedApp(t, { responses: { caller: activeResponse(claims) } })
  let token: ActiveToken | undefined
  app.get('/', async ({ zitadel }) => { token = zitadel; return 'served' })
  await get('/', 'caller')
  return token!
}

t.test('request.zitadel describes the caller', async (t) => {
  const token = await seen(t)
  t.match(token, {
    sub: 'ada',
    clientId: 'web',
    scopes: ['openid', 'urn:zitadel:iam:user:metadata'],
    organization: 'acme',
    metadata: { tier: 'gold' },
    actor: { sub: 'support', act: { sub: 'root' } },
    expiresAt: 4_000_000_000,
    stale: false,
    claims: { active: true, custom: { nested: [{ deep: true }] } }
  })
  t.strictSame({ ...token.roles['admin'] }, { acme: 'acme.example', globex: 'globex.example' })
  t.ok(token.hasRole('admin'))
  t.ok(token.hasRole('admin', { organization: 'globex' }))
  t.notOk(token.hasRole('admin', { organization: 'initech' }))
  t.notOk(token.hasRole('admin', { organization: undefined }), 'undefined is no organization')
  t.ok(token.hasScope('openid'))
})

t.test('request.zitadel is frozen to its leaves, and holds no Set or Map', async (t) => {
  const open: unknown[] = [await seen(t)]
  let objects = 0
  while (open.length > 0) {
    const value = open.pop()
    if (typeof value !== 'object' || value === null) continue
    objects++
    if (!Object.isFrozen(value)) t.fail('frozen', { found: value })
    if (value instanceof Set || value instanceof Map) t.fail('a Set or Map cannot be frozen')
    open.push(...Reflect.ownKeys(value).map((key) => (value as Record<PropertyKey, unknown>)[key]))
  }
  t.ok(objects > 10)
})

t.test('a handler cannot change the grants of a caller, for itself or for a later request', async (t) => {
  const { app, get } = await startGuardedApp(t, { responses: { caller: activeResponse(claims) } })
  app.get('/', async (request) => {
    const token = request.zitadel as unknown as Record<string, never>
    const attempts: Array<() => unknown> = [
      () => { (request as unknown as Record<string, unknown>)['zitadel'] = { hasRole: () => true } },
      () => { token['sub'] = 'root' as never },
      () => { token['roles']!['root'] = {} as never },
      () => { token['roles']!['admin']!['initech'] = 'x' as never },
      () => (token['scopes'] as unknown as string[]).push('email'),
      () => { token['hasRole'] = (() => true) as never },
      () => { token['claims']!['scope'] = 'email' as never },
      () => { token['metadata']!['tier'] = 'none' as never },
      () => delete token['sub']
    ]
    return attempts.map((attempt) => {
      try {
        attempt()
        return 'done'
      } catch (error) {
        return (error as Error).name
      }
    })
  })
  app.get('/root', { config: { roles: ['root'] } }, async () => 'served')
  app.get('/mail', { config: { scopes: ['email'] } }, async () => 'served')
  app.get('/initech', { config: { roles: ['admin'], organization: 'initech' } }, async () => 'served')
  app.get('/asks', async ({ zitadel }) => [zitadel.sub, zitadel.hasRole('root'), zitadel.hasScope('email'), zitadel.hasRole('admin', { organization: 'initech' })])
  t.strictSame(new Set((await get('/', 'caller')).json()), new Set(['TypeError']))
  for (const url of ['/root', '/mail', '/initech']) t.equal((await get(url, 'caller')).statusCode, 403, url)
  t.strictSame((await get('/asks', 'caller')).json(), ['ada', false, false, false])
})

t.test('request.zitadel is null if no token was checked, in every hook and scope', async (t) => {
  const { app, get, zitadel } = await startGuardedApp(t)
  const before: unknown[] = []
  app.get('/', { config: { access: 'public' } }, async (request) => [request.zitadel, zitadel().peek(request)])
  app.addHook('onSend', async (request) => { before.push(request.zitadel?.sub ?? null) })
  app.get('/in', async (request) => [request.zitadel.sub, zitadel().peek(request)?.sub])
  t.strictSame((await get('/', 'good')).json(), [null, null])
  t.strictSame((await get('/in')).json(), ['ada', 'ada'])
  await get('/in', 'bad')
  t.strictSame(before, [null, 'ada', null])
})

t.test('request.zitadel is null after a denial, in an error handler too', async (t) => {
  const { app, get, zitadel } = await startGuardedApp(t)
  app.setErrorHandler((_error, request, reply) => reply.code(403).send({ peeked: zitadel().peek(request) }))
  app.get('/', { config: { roles: ['admin'] } }, async () => 'served')
  t.strictSame((await get('/')).json(), { peeked: null })
})

t.test('the response of an introspect function stays its own: it is neither frozen nor shared', async (t) => {
  const response: Record<string, unknown> = { active: true, sub: 'ada', nested: { a: 1 } }
  const { app, get } = await startGuardedApp(t, { responses: { caller: response } })
  app.get('/', async ({ zitadel }) => zitadel.sub)
  t.equal((await get('/', 'caller')).body, 'ada')
  t.notOk(Object.isFrozen(response))
  response['sub'] = 'eve'
  t.equal((await get('/', 'caller')).body, 'ada')
})
