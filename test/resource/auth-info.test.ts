import t, { type Test } from 'tap'
import { expectTypeOf } from 'expect-type'
import type { AuthInfo as SdkAuthInfo } from '@modelcontextprotocol/server'
import type { AuthInfo, ZitadelOptions } from '../../lib/index.ts'
import { activeResponse, roles, startGuardedApp } from '../fixtures/guarded-app.ts'

const token = activeResponse({ jti: 'V2_1-at_1', scope: 'openid profile', exp: 4_000_000_000, 'urn:zitadel:iam:user:resourceowner:id': 'acme', ...roles({ admin: ['acme'] }) })

async function read (t: Test, options: ZitadelOptions = {}, response: object = token, ask: { token?: boolean } | undefined = undefined): Promise<AuthInfo | undefined> {
  const { app, get } = await startGuardedApp(t, { responses: { good: response }, options })
  let found: AuthInfo | undefined
  app.get('/mcp', { config: { access: 'optional' } }, async (request) => { found = app.zitadel.authInfo(request, ask) })
  app.get('/public', { config: { access: 'public' } }, async (request) => { t.equal(app.zitadel.authInfo(request), undefined) })
  await get('/public')
  await get('/mcp')
  return found
}

const RESOURCE = { issuer: 'https://auth.acme.example', resource: 'https://api.acme.example/mcp' }

t.test('authInfo describes the caller in the words of the MCP SDK, without the token', async (t) => {
  const info = await read(t, RESOURCE)
  t.same(info, {
    token: '',
    clientId: 'web',
    scopes: ['openid', 'profile'],
    expiresAt: 4_000_000_000,
    resource: new URL('https://api.acme.example/mcp'),
    resourceMetadataUrl: 'https://api.acme.example/.well-known/oauth-protected-resource/mcp',
    extra: { sub: 'ada', organization: 'acme', roles: { admin: { acme: 'acme.example' } } }
  })
  t.notMatch(JSON.stringify(info), 'good')
})

t.test('authInfo has the token if it is asked for', async (t) => {
  t.equal((await read(t, RESOURCE, token, { token: true }))?.token, 'good')
  for (const ask of [{}, { token: false }, { token: 'false' }, { token: 1 }, { token: {} }]) t.equal((await read(t, RESOURCE, token, ask as { token?: boolean }))?.token, '')
})

t.test('authInfo is frozen', async (t) => {
  const info = (await read(t, RESOURCE))!
  for (const part of [info, info.scopes, info.extra, info.extra.roles, info.extra.roles['admin']]) t.ok(Object.isFrozen(part))
})

t.test('claims that ZITADEL did not send are absent', async (t) => {
  t.same(await read(t, {}, { active: true }), { token: '', clientId: '', scopes: [], extra: { sub: '', organization: undefined, roles: {} } })
})

t.test('authInfo is undefined if no token was checked', async (t) => {
  const { app } = await startGuardedApp(t)
  app.get('/', { config: { access: 'optional' } }, async (request) => ({ known: app.zitadel.authInfo(request) !== undefined }))
  t.same((await app.inject('/')).json(), { known: false })
})

t.test('the type is that of the SDK', async () => {
  expectTypeOf<AuthInfo>().toExtend<SdkAuthInfo>()
})
