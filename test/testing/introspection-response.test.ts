import t from 'tap'
import { startStandIn, type TokenOptions } from '../../lib/testing/index.ts'
import { introspect } from '../fixtures/stand-in-client.ts'

const start = 1_783_670_400_999
const created = 1_783_670_400
const standIn = await startStandIn({ clock: () => start, projectRoles: ['admin', 'writer'] })
t.teardown(() => standIn.close())

const project = 'urn:zitadel:iam:org:project:280000000000000001'
const acme = { 280000000000000900: 'acme.auth.acme.example' }
const aud = ['280000000000000100', '280000000000000101', '280000000000000001']
const resourceOwner = (id: string, name: string, domain: string) => ({
  'urn:zitadel:iam:user:resourceowner:id': id,
  'urn:zitadel:iam:user:resourceowner:name': name,
  'urn:zitadel:iam:user:resourceowner:primary_domain': domain
})

async function introspectNew (options: TokenOptions): Promise<Record<string, any>> {
  const { jti, ...claims } = (await introspect(standIn, await standIn.issueToken(options))).json
  return claims
}

const bare = {
  active: true,
  client_id: '280000000000000100',
  token_type: 'Bearer',
  exp: created + 43200,
  iat: created,
  auth_time: created,
  nbf: created,
  sub: '280000000000000500',
  aud,
  amr: ['pwd'],
  iss: standIn.issuer
}
const ada = {
  username: 'ada@acme.example',
  preferred_username: 'ada@acme.example',
  name: 'Ada Lovelace',
  given_name: 'Ada',
  family_name: 'Lovelace',
  locale: 'en',
  updated_at: 1783000000
}
const email = { email: 'ada@acme.example', email_verified: true }

t.test('the response about a person has profile, email, metadata, resource owner and a role', async (t) => {
  const scopes = ['openid', 'profile', 'email', 'urn:zitadel:iam:user:metadata', 'urn:zitadel:iam:user:resourceowner', `${project.replace('project:', 'project:id:')}:aud`]
  const roles = { admin: acme }
  t.same(await introspectNew({ scopes, roles, amr: ['pwd', 'otp', 'mfa'], metadata: { tier: 'gold' } }), {
    ...bare,
    ...ada,
    ...email,
    ...resourceOwner('280000000000000900', 'ACME', 'acme.auth.acme.example'),
    scope: scopes.join(' '),
    amr: ['pwd', 'otp', 'mfa'],
    'urn:zitadel:iam:org:project:roles': roles,
    [`${project}:roles`]: roles,
    'urn:zitadel:iam:user:metadata': { tier: 'Z29sZA' }
  })
})

t.test('the response about a person with the scope openid only has its fields in the order of the protocol library', async (t) => {
  const { text, json } = await introspect(standIn, await standIn.issueToken({ scopes: ['openid'] }))
  t.match(json.jti, /^V2_\d+-at_\d+$/)
  t.equal(text, JSON.stringify({
    active: true,
    scope: 'openid',
    client_id: '280000000000000100',
    token_type: 'Bearer',
    exp: 1783713600,
    iat: 1783670400,
    auth_time: 1783670400,
    nbf: 1783670400,
    sub: '280000000000000500',
    aud,
    amr: ['pwd'],
    iss: standIn.issuer,
    jti: json.jti
  }) + '\n')
})

t.test('the response about a service account has no client id in aud, and the user name as client_id', async (t) => {
  const { amr, ...rest } = bare
  t.same(await introspectNew({ kind: 'service', roles: { writer: acme } }), {
    ...rest,
    aud: ['280000000000000001'],
    client_id: 'billing-worker',
    scope: 'openid urn:zitadel:iam:org:project:id:280000000000000001:aud',
    sub: '280000000000000600',
    'urn:zitadel:iam:org:project:roles': { writer: acme },
    [`${project}:roles`]: { writer: acme }
  })
  t.match(await introspectNew({ kind: 'service', amr: ['pwd'] }), { amr: ['pwd'] }, 'client_credentials')
  t.same(await introspectNew({ kind: 'service', scopes: ['openid'] }), { active: false }, 'inactive without the scope of a project')
})

t.test('the response about a personal access token without expiry has the organization of its user', async (t) => {
  const organization = { id: '280000000000000901', name: 'OTHER', primaryDomain: 'other.auth.acme.example' }
  t.same(await introspectNew({ kind: 'pat', lifetime: null, organization }), {
    active: true,
    aud: ['280000000000000101', '280000000000000001'],
    exp: 253402300799,
    iat: created,
    nbf: created,
    iss: standIn.issuer,
    name: 'CI bot',
    preferred_username: 'ci-bot',
    username: 'ci-bot',
    updated_at: 1780000000,
    scope: 'openid profile urn:zitadel:iam:user:metadata urn:zitadel:iam:user:resourceowner ' +
      'urn:zitadel:iam:org:project:role:admin urn:zitadel:iam:org:project:role:writer',
    sub: '280000000000000601',
    token_type: 'Bearer',
    ...resourceOwner('280000000000000901', 'OTHER', 'other.auth.acme.example')
  })
})

t.test('a personal access token is active for every API and its jti is a number', async (t) => {
  const foreign = await standIn.addApi({ projectId: '280000000000000003', projectRoles: ['reader'] })
  const { json } = await introspect(standIn, await standIn.issueToken({ kind: 'pat' }), foreign)
  t.same(json.aud, [foreign.clientId, foreign.projectId])
  t.match(json.scope, / urn:zitadel:iam:org:project:role:reader$/)
  t.match(json.jti, /^\d+$/)
})

t.test('token exchange: act contains the nested actors', async (t) => {
  const actor = { iss: standIn.issuer, sub: '280000000000000601', act: { iss: standIn.issuer, sub: '280000000000000602' } }
  t.same((await introspectNew({ actor }))['act'], actor)
})

t.test('token exchange: no auth_time, and no amr unless it is given', async (t) => {
  const actor = { iss: standIn.issuer, sub: '280000000000000601' }
  const { act, auth_time: authTime, amr, ...rest } = await introspectNew({ actor, minimal: true })
  t.same([act, authTime, amr], [actor, undefined, undefined])
  t.equal(rest['exp'], bare.exp)
  t.same((await introspectNew({ actor, amr: ['pwd'] }))['amr'], ['pwd'])
})

t.test('an empty amr is not sent', async (t) => {
  t.notOk('amr' in await introspectNew({ amr: [] }))
})

t.test('white space in a token is ignored', async (t) => {
  const token = await standIn.issueToken()
  t.equal((await introspect(standIn, `${token.slice(0, 9)} \n${token.slice(9)}`)).json.active, true)
})

t.test('minimal introspection has no claims about the user and no roles', async (t) => {
  t.same(await introspectNew({ minimal: true, roles: ['admin'] }), { ...bare, scope: 'openid profile email' })
})

t.test('claims about the user depend on the scopes', async (t) => {
  const profile = { nickname: 'Countess', picture: 'https://acme.example/ada.png', gender: 'female', phone_number: '+41', phone_number_verified: true } as const
  const { nickname, picture, gender } = profile
  t.same(await introspectNew({ scopes: [], profile }), bare, 'no scope at all')
  t.same(await introspectNew({ scopes: ['profile'], profile }), { ...bare, ...ada, nickname, picture, gender, scope: 'profile' })
  t.same(await introspectNew({ scopes: ['email'], profile }), { ...bare, ...email, scope: 'email' })
  t.same(await introspectNew({ scopes: ['phone'], profile }), { ...bare, phone_number: '+41', phone_number_verified: true, scope: 'phone' })
  t.same(await introspectNew({ scopes: ['address'], profile }), { ...bare, scope: 'address' })
})

t.test('false is not sent, null is sent for a missing language', async (t) => {
  const profile = { locale: null, email_verified: false, phone_number_verified: false }
  const claims = await introspectNew({ scopes: ['profile', 'email', 'phone'], profile })
  t.equal(claims['locale'], null)
  t.notOk('email_verified' in claims)
  t.notOk('phone_number_verified' in claims)
})

t.test('sub, user name, client and audience can be set', async (t) => {
  const claims = await introspectNew({ sub: '1', username: 'bob', clientId: '2', lifetime: 60 })
  t.match(claims, { sub: '1', username: 'bob', preferred_username: 'bob', client_id: '2', exp: created + 60 })
  t.same(claims['aud'], ['2', ...aud], 'with all applications of the project')
  t.same((await introspectNew({ audience: ['280000000000000101'] }))['aud'], ['280000000000000101'])
})
