import t from 'tap'
import type { ZitadelOptions } from '../../lib/index.ts'
import { startGuardedApp, activeResponse, type TestContext } from '../fixtures/guarded-app.ts'

/** Status and code of the response to an active token with these claims. */
async function answer (t: TestContext, options: ZitadelOptions, claims: object): Promise<unknown> {
  const { app, get } = await startGuardedApp(t, { responses: { caller: activeResponse(claims) }, options })
  app.get('/', async () => 'served')
  const reply = await get('/', 'caller')
  return reply.statusCode === 200 ? 200 : [reply.statusCode, reply.json().code, reply.headers['www-authenticate']]
}

const refused = [401, 'FST_ZITADEL_INVALID_TOKEN', 'Bearer error="invalid_token"']

t.test('clients: only tokens of these clients are accepted', async (t) => {
  const options = { clients: ['web', 'cli'] }
  t.equal(await answer(t, options, { client_id: 'web' }), 200)
  t.equal(await answer(t, options, { client_id: 'cli' }), 200)
  for (const client of ['other', 'WEB', '', undefined, null, ['web'], { web: 1 }]) {
    t.strictSame(await answer(t, options, { client_id: client }), refused, `client_id ${JSON.stringify(client)}`)
  }
})

t.test('projectId: the project must be in the audience, one string or an array (RFC 7519 section 4.1.3)', async (t) => {
  const options = { projectId: '28' }
  t.equal(await answer(t, options, { aud: '28' }), 200)
  t.equal(await answer(t, options, { aud: ['web', '28'] }), 200)
  for (const aud of [undefined, null, '', '2', '28 29', [], ['2', '8'], [28], 28, [['28']], { 28: true }, true]) {
    t.strictSame(await answer(t, options, { aud }), refused, `aud ${JSON.stringify(aud)}`)
  }
})

t.test('projectId: only the roles of this project count', async (t) => {
  const claims = { aud: ['1'], 'urn:zitadel:iam:org:project:1:roles': { admin: { acme: 'acme.example' } }, 'urn:zitadel:iam:org:project:roles': { root: { acme: 'acme.example' } } }
  const { app, get } = await startGuardedApp(t, { responses: { caller: activeResponse(claims) }, options: { projectId: '1' } })
  app.get('/', async ({ zitadel }) => [zitadel.hasRole('admin'), zitadel.hasRole('root')])
  t.strictSame((await get('/', 'caller')).json(), [true, false])
})

t.test('personalAccessTokens: false denies every token whose jti does not start with V2_', async (t) => {
  const pat = { client_id: undefined, jti: '280000000000000333' }
  t.equal(await answer(t, {}, pat), 200, 'accepted by default')
  const options = { personalAccessTokens: false }
  t.strictSame(await answer(t, options, pat), refused)
  t.strictSame(await answer(t, options, { client_id: undefined, jti: undefined }), refused)
  t.strictSame(await answer(t, options, { client_id: undefined, jti: ['V2_1-at_2'] }), refused)
  t.equal(await answer(t, options, { client_id: undefined, jti: 'V2_1-at_2' }), 200, 'of a session')
  t.strictSame(await answer(t, options, { client_id: 'web', jti: '280000000000000333' }), refused, 'an Action can add a client id')
})

t.test('a personal access token has no client, so clients denies it, also if an Action adds one', async (t) => {
  for (const clientId of [undefined, 'web']) t.strictSame(await answer(t, { clients: ['web'] }, { client_id: clientId, jti: '1' }), refused)
})
