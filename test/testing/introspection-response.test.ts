import t from 'tap'
import { startStandIn, type TokenOptions } from '../../lib/testing/index.ts'
import { introspect } from './client.ts'

const start = 1_783_670_400_999
const created = 1_783_670_400
const standIn = await startStandIn({ clock: () => start, projectRoles: ['admin', 'writer'] })
t.teardown(() => standIn.close())

const project = 'urn:zitadel:iam:org:project:280000000000000001'
const acme = { '280000000000000900': 'acme.auth.acme.example' }
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

t.test('3.2: roles name the organisations in which they are held', async (t) => {
  const roles = { writer: { 1: 'a.example', 2: 'b.example' }, admin: { 2: 'b.example' } }
  const shown = async (...scopes: string[]) => (await answer({ roles, scopes }))['urn:zitadel:iam:org:project:roles']
  t.same(await shown(), roles)
  t.same(await shown('urn:zitadel:iam:org:roles:id:1'), { writer: { 1: 'a.example' } }, 'in one organisation')
  t.same(await shown('urn:zitadel:iam:org:roles:id:1', 'urn:zitadel:iam:org:roles:id:2'), roles, 'in two')
  t.same(await shown('urn:zitadel:iam:org:project:role:admin'), { admin: { 2: 'b.example' } }, 'one role')
  t.same(await shown('urn:zitadel:iam:org:projects:roles'), roles, 'a scope that does nothing here')
  t.equal(await shown('urn:zitadel:iam:org:roles:id:3'), undefined, 'absent, not {}')
})

t.test('3.2: roles given as a list are held in the user\'s organisation', async (t) => {
  const shown = async (options: TokenOptions) => (await answer({ ...options, roles: ['admin'] }))['urn:zitadel:iam:org:project:roles']
  t.same(await shown({}), { admin: acme })
  t.same(await shown({ organization: '77' }), { admin: { 77: '77.auth.acme.example' } })
  t.same(await shown({ organization: { id: '77', primaryDomain: 'x.example' } }), { admin: { 77: 'x.example' } })
})

t.test('3.2: roles are those of the asking application\'s project, and read anew each time', async (t) => {
  const foreign = await standIn.addApi({ projectId: '280000000000000002' })
  const scopes = ['openid', 'urn:zitadel:iam:org:project:id:280000000000000002:aud']
  const token = await standIn.issueToken({ scopes, roles: ['admin'] })
  t.notOk('urn:zitadel:iam:org:project:roles' in (await introspect(standIn, token, foreign)).json)

  const theirs = await standIn.issueToken({ projectId: '280000000000000002', roles: ['reader'] })
  t.same((await introspect(standIn, theirs, foreign)).json['urn:zitadel:iam:org:project:280000000000000002:roles'], { reader: acme })

  standIn.setRoles(token, ['writer'])
  t.same((await introspect(standIn, token)).json['urn:zitadel:iam:org:project:roles'], { writer: acme })
  const newer = await standIn.refreshToken(token)
  t.same((await introspect(standIn, newer)).json['urn:zitadel:iam:org:project:roles'], { writer: acme }, 'a refresh keeps them')
  standIn.setRoles(newer, [])
  t.notOk('urn:zitadel:iam:org:project:roles' in (await introspect(standIn, newer)).json)
})

t.test('3.1: a project that asserts roles lists all of them in scope, held or not', async (t) => {
  await standIn.addApi({ projectId: '280000000000000004', projectRoles: ['a'], assertRoles: true })
  const second = await standIn.addApi({ projectId: '280000000000000004', projectRoles: ['b'] })
  const token = await standIn.issueToken({ projectId: '280000000000000004', roles: ['c'], scopes: ['openid'] })
  const { json } = await introspect(standIn, token, second)
  t.equal(json.scope, ['openid', 'urn:zitadel:iam:org:project:role:a', 'urn:zitadel:iam:org:project:role:b', 'urn:zitadel:iam:org:project:role:c'].join(' '))
  t.same(json['urn:zitadel:iam:org:project:roles'], { c: acme })
})

t.test('3.2: metadata is base64url without padding, by scope, and absent when there is none', async (t) => {
  const scopes = ['urn:zitadel:iam:user:metadata']
  const metadata = { tier: 'gold', city: 'Zürich?>' }
  t.same((await answer({ scopes, metadata }))['urn:zitadel:iam:user:metadata'], { tier: 'Z29sZA', city: 'WsO8cmljaD8-' })
  t.same(await answer({ scopes: [], metadata }), bare)
  t.same(await answer({ scopes }), { ...bare, scope: scopes[0] })
})

t.test('3.2: organisation scopes', async (t) => {
  const id = 'urn:zitadel:iam:org:id:280000000000000900'
  const domain = 'urn:zitadel:iam:org:domain:primary:acme.auth.acme.example'
  t.same(await answer({ scopes: [id] }), {
    ...bare, scope: id, 'urn:zitadel:iam:org:id': '280000000000000900', ...resourceOwner('280000000000000900', 'ACME', 'acme.auth.acme.example')
  })
  t.same(await answer({ scopes: [domain] }), { ...bare, scope: domain, 'urn:zitadel:iam:org:domain:primary': 'acme.auth.acme.example' })
})

t.test('section 12: odd values can be forced, and claims of any type added or removed', async (t) => {
  const claims = {
    exp: 'soon',
    locale: null,
    sub: undefined,
    cnf: { jkt: 'x' },
    groups: ['a', { value: 'b', display: 'B' }],
    'urn:zitadel:iam:org:project:roles': [],
    'urn:zitadel:iam:action:flat:log': ['duplicate']
  }
  const { sub, ...sent } = claims
  const answered = await answer({ claims })
  t.match(answered, sent)
  t.notOk('sub' in answered)
})

t.test('section 3: alphabetical order as soon as one claim is not registered, and Go\'s escapes', async (t) => {
  const claims = { zebra: { 10: 1, 9: { b: [{ d: 1, c: '<&>\u2028' }], a: null } }, Alpha: true }
  const { text, json } = await introspect(standIn, await standIn.issueToken({ claims }))
  t.match(text, /^\{"Alpha":true,"active":true,"amr"/)
  t.match(text, '"username":"ada@acme.example","zebra":{"10":1,"9":{"a":null,"b":[{"c":"\\u003c\\u0026\\u003e\\u2028","d":1}]}}}\n')
  t.same(Object.keys(json), Object.keys(json).sort())
  const registered = await introspect(standIn, await standIn.issueToken({ claims: { exp: 5 } }))
  t.match(registered.text, /^\{"active":true,"scope"/, 'the order of the struct otherwise')
})

t.test('3.5: the forms of a token', async (t) => {
  const opaque = await standIn.issueToken()
  t.match(opaque, /^eyJ[\w-]+(\.[\w-]+){4}$/)
  t.match(JSON.parse(Buffer.from(opaque.split('.')[0] ?? '', 'base64url').toString()), { alg: 'A256GCMKW', enc: 'A256GCM' })
  const legacy = await standIn.issueToken({ format: 'legacy' })
  t.match(legacy, /^[\w-]+$/)
  const jwt = await standIn.issueToken({ format: 'jwt', sub: '5' })
  t.match(jwt, /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/)
  const { json } = await introspect(standIn, jwt)
  t.match(JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString()), {
    iss: standIn.issuer, sub: '5', aud, client_id: '280000000000000100', jti: json.jti, iat: created, exp: created + 43200
  })
  for (const token of [opaque, legacy, jwt]) t.equal((await introspect(standIn, token)).json.active, true)
})

t.test('section 9: a refresh keeps the session in jti', async (t) => {
  const old = await standIn.issueToken()
  const before = (await introspect(standIn, old)).json.jti
  const after = (await introspect(standIn, await standIn.refreshToken(old))).json.jti
  t.equal(after.split('-at_')[0], before.split('-at_')[0])
  t.not(after, before)
})

t.test('a role, metadata key or claim named __proto__ is one like any other', async (t) => {
  const roles = JSON.parse('{"__proto__":{"__proto__":"x.example"}}')
  const { text } = await introspect(standIn, await standIn.issueToken({ roles, scopes: ['openid'], claims: JSON.parse('{"__proto__":1}') }))
  t.match(text, '"urn:zitadel:iam:org:project:roles":{"__proto__":{"__proto__":"x.example"}}')
  t.match(text, /^\{"__proto__":1,/)
})
