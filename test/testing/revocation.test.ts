import t from 'tap'
import { startStandIn } from '../../lib/testing/index.ts'
import { ASSERTION_TYPE, introspect, post, sign } from '../fixtures/stand-in-client.ts'

const path = '/oauth/v2/revoke'
const standIn = await startStandIn()
const web = await standIn.addApi({ kind: 'oidc' })
const secret = { client_id: web.clientId, client_secret: web.clientSecret }
t.teardown(() => standIn.close())

async function isActive (token: string): Promise<boolean> {
  return (await introspect(standIn, token)).json.active
}

t.test('a token is inactive after its application revoked it', async (t) => {
  const token = await standIn.issueToken()
  t.match(await post(standIn, { client_id: standIn.loginClientId, token }, {}, path), { status: 200, text: '' }, 'a public client')
  t.equal(await isActive(token), false)
  t.match(standIn.requests.at(-1), { reason: 'token has ended: revoked' })
})

t.test('any application of the project can revoke, by secret or by key', async (t) => {
  const first = await standIn.issueToken()
  t.match(await post(standIn, { ...secret, token: first }, {}, path), { status: 200 })
  const second = await standIn.issueToken({ format: 'jwt' })
  const assertion = { client_assertion: await sign(standIn, { key: web.key }), client_assertion_type: ASSERTION_TYPE }
  t.match(await post(standIn, { ...assertion, token: second }, {}, path), { status: 200 })
  t.same([await isActive(first), await isActive(second)], [false, false])
})

t.test('an unknown token is not an error (RFC 7009)', async (t) => {
  t.match(await post(standIn, { ...secret, token: 'garbage' }, {}, path), { status: 200, text: '' })
})

t.test('a token of another project gets 401', async (t) => {
  const token = await standIn.issueToken({ projectId: '280000000000000002', clientId: '5' })
  const text = '{"error":"invalid_client","error_description":"token was not issued for this client"}\n'
  t.match(await post(standIn, { ...secret, token }, {}, path), { status: 401, text })
})

t.test('a token of a service account gets 401 and stays active', async (t) => {
  const text = '{"error":"invalid_client","error_description":"token was not issued for this client"}\n'
  for (const kind of ['service', 'pat'] as const) {
    const token = await standIn.issueToken({ kind })
    t.match(await post(standIn, { ...secret, token }, {}, path), { status: 401, text }, kind)
    t.equal(await isActive(token), true, kind)
  }
})

t.test('an API, an unknown client and an unauthenticated client cannot revoke', async (t) => {
  const token = await standIn.issueToken()
  const { clientId, clientSecret } = standIn.api
  const text = '{"error":"invalid_client","error_description":"no active client not found"}\n'
  t.match(await post(standIn, { client_id: clientId, client_secret: clientSecret, token }, {}, path), { status: 400, text })
  t.match(await post(standIn, { client_id: '404', token }, {}, path), { status: 400, text })
  t.match(await post(standIn, { ...secret, client_secret: 'wrong', token }, {}, path), { status: 400, json: { error: 'invalid_client', error_description: 'invalid secret' } })
  const assertion = { client_assertion: await sign(standIn, { key: web.key, claims: { aud: 'other' } }), client_assertion_type: ASSERTION_TYPE }
  t.match(await post(standIn, { ...assertion, token }, {}, path), { status: 400, json: { error_description: 'invalid client authentication' } })
  t.match(await post(standIn, { ...secret }, {}, path), { status: 400, json: { error_description: 'token missing' } })
  t.equal(await isActive(token), true)
})

t.test('an application can revoke a legacy token without its last four characters, which introspection accepts too', async (t) => {
  const token = await standIn.issueToken({ format: 'legacy' })
  t.match(await post(standIn, { ...secret, token: ` ${token.slice(0, -4)}` }, {}, path), { status: 200, text: '' })
  t.equal(await isActive(token), false)
})

t.test('the methods for a token reject a string that is not an issued token', async (t) => {
  t.throws(() => standIn.revoke('garbage'), { name: 'TypeError', message: '"token" must be one that this stand-in has issued' })
  t.throws(() => standIn.setRoles('garbage', []), TypeError)
  await t.rejects(standIn.refreshToken('garbage'), TypeError)
})

t.test('the methods for a user reject an id to which no token was issued, and end nothing', async (t) => {
  const sub = '42'
  const token = await standIn.issueToken({ sub })
  const target = standIn.addWebhookTarget(async () => ({ statusCode: 204 }))
  for (const other of ['nope', token, '', undefined]) {
    for (const act of [standIn.lockUser, standIn.deactivateUser]) t.throws(() => act(other as string), { name: 'TypeError', message: '"sub" must be the id of a user to whom this stand-in has issued a token' })
  }
  await target.settled()
  t.same(target.deliveries, [], 'no event is sent')
  t.equal(await isActive(token), true)
  standIn.lockUser(sub)
  t.equal(await isActive(token), false)
  standIn.deactivateUser(sub)
  await target.settled()
  t.equal(target.deliveries.length, 2, 'a locked user can be deactivated')
})
