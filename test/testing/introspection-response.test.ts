import t from 'tap'
import { startStandIn, type TokenOptions } from '../../lib/testing/index.ts'
import { introspect } from './client.ts'

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

async function answer (options: TokenOptions): Promise<Record<string, any>> {
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

t.test('3.3 (a): a person, with profile, email, metadata, resource owner and a role', async (t) => {
  const scopes = ['openid', 'profile', 'email', 'urn:zitadel:iam:user:metadata', 'urn:zitadel:iam:user:resourceowner', `${project.replace('project:', 'project:id:')}:aud`]
  const roles = { admin: acme }
  t.same(await answer({ scopes, roles, amr: ['pwd', 'otp', 'mfa'], metadata: { tier: 'gold' } }), {
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

t.test('3.3 (b): a person with openid only, in the order of the struct', async (t) => {
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

t.test('3.3 (c): a service account: no client id in aud, its user name as client_id', async (t) => {
  const { amr, ...rest } = bare
  t.same(await answer({ kind: 'service', roles: { writer: acme } }), {
    ...rest,
    aud: ['280000000000000001'],
    client_id: 'billing-worker',
    scope: 'openid urn:zitadel:iam:org:project:id:280000000000000001:aud',
    sub: '280000000000000600',
    'urn:zitadel:iam:org:project:roles': { writer: acme },
    [`${project}:roles`]: { writer: acme }
  })
  t.match(await answer({ kind: 'service', amr: ['pwd'] }), { amr: ['pwd'] }, 'client_credentials')
  t.same(await answer({ kind: 'service', scopes: ['openid'] }), { active: false }, 'for no project without its scope')
})

t.test('3.3 (d): a personal access token without expiry, of another organisation', async (t) => {
  const organization = { id: '280000000000000901', name: 'OTHER', primaryDomain: 'other.auth.acme.example' }
  t.same(await answer({ kind: 'pat', lifetime: null, organization }), {
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

t.test('3.4: a personal access token is active for every API, and its jti is a plain number', async (t) => {
  const foreign = await standIn.addApi({ projectId: '280000000000000003', projectRoles: ['reader'] })
  const { json } = await introspect(standIn, await standIn.issueToken({ kind: 'pat' }), foreign)
  t.same(json.aud, [foreign.clientId, foreign.projectId])
  t.match(json.scope, / urn:zitadel:iam:org:project:role:reader$/)
  t.match(json.jti, /^\d+$/)
})

t.test('3.3 (e): token exchange: who acts for the subject, nested', async (t) => {
  const actor = { iss: standIn.issuer, sub: '280000000000000601', act: { iss: standIn.issuer, sub: '280000000000000602' } }
  t.same((await answer({ actor }))['act'], actor)
})

t.test('3.6: minimal introspection has no claims about the user and no roles', async (t) => {
  t.same(await answer({ minimal: true, roles: ['admin'] }), { ...bare, scope: 'openid profile email' })
})

t.test('3.1: claims about the user come by scope', async (t) => {
  const profile = { nickname: 'Countess', picture: 'https://acme.example/ada.png', gender: 'female', phone_number: '+41', phone_number_verified: true } as const
  const { nickname, picture, gender } = profile
  t.same(await answer({ scopes: [], profile }), bare, 'no scope at all')
  t.same(await answer({ scopes: ['profile'], profile }), { ...bare, ...ada, nickname, picture, gender, scope: 'profile' })
  t.same(await answer({ scopes: ['email'], profile }), { ...bare, ...email, scope: 'email' })
  t.same(await answer({ scopes: ['phone'], profile }), { ...bare, phone_number: '+41', phone_number_verified: true, scope: 'phone' })
  t.same(await answer({ scopes: ['address'], profile }), { ...bare, scope: 'address' })
})

t.test('3.1: false is never sent, null is sent for a missing language', async (t) => {
  const profile = { locale: null, email_verified: false, phone_number_verified: false }
  const claims = await answer({ scopes: ['profile', 'email', 'phone'], profile })
  t.equal(claims['locale'], null)
  t.notOk('email_verified' in claims)
  t.notOk('phone_number_verified' in claims)
})

t.test('3.1: sub, user name, client and audience are as asked for', async (t) => {
  const claims = await answer({ sub: '1', username: 'bob', clientId: '2', lifetime: 60 })
  t.match(claims, { sub: '1', username: 'bob', preferred_username: 'bob', client_id: '2', exp: created + 60 })
  t.same(claims['aud'], ['2', ...aud], 'and all applications of the project')
  t.same((await answer({ audience: ['280000000000000101'] }))['aud'], ['280000000000000101'])
})
