import t from 'tap'
import { startStandIn, type TokenOptions } from '../../lib/testing/index.ts'
import { introspect } from '../fixtures/stand-in-client.ts'

const standIn = await startStandIn()
t.teardown(() => standIn.close())

const acme = { 280000000000000900: 'acme.auth.acme.example' }

async function introspectNew (options: TokenOptions): Promise<Record<string, any>> {
  return (await introspect(standIn, await standIn.issueToken(options))).json
}

t.test('roles contain the organizations in which they are granted', async (t) => {
  const roles = { writer: { 1: 'a.example', 2: 'b.example' }, admin: { 2: 'b.example' } }
  const shown = async (...scopes: string[]) => (await introspectNew({ roles, scopes }))['urn:zitadel:iam:org:project:roles']
  t.same(await shown(), roles)
  t.same(await shown('urn:zitadel:iam:org:roles:id:1'), { writer: { 1: 'a.example' } }, 'in one organization')
  t.same(await shown('urn:zitadel:iam:org:roles:id:1', 'urn:zitadel:iam:org:roles:id:2'), roles, 'in two')
  t.same(await shown('urn:zitadel:iam:org:project:role:admin'), { admin: { 2: 'b.example' } }, 'one role')
  t.same(await shown('urn:zitadel:iam:org:projects:roles'), roles, 'a scope without effect')
  t.equal(await shown('urn:zitadel:iam:org:roles:id:3'), undefined, 'absent, not {}')
})

t.test('roles from a list are granted in the organization of the user', async (t) => {
  const shown = async (options: TokenOptions) => (await introspectNew({ ...options, roles: ['admin'] }))['urn:zitadel:iam:org:project:roles']
  t.same(await shown({}), { admin: acme })
  t.same(await shown({ organization: '77' }), { admin: { 77: '77.auth.acme.example' } })
  t.same(await shown({ organization: { id: '77', primaryDomain: 'x.example' } }), { admin: { 77: 'x.example' } })
})

t.test('roles are those of the project of the client and are read at each introspection', async (t) => {
  const foreign = await standIn.addApi({ projectId: '280000000000000002' })
  const scopes = ['openid', 'urn:zitadel:iam:org:project:id:280000000000000002:aud']
  const token = await standIn.issueToken({ scopes, roles: ['admin'] })
  t.notOk('urn:zitadel:iam:org:project:roles' in (await introspect(standIn, token, foreign)).json)

  const theirs = await standIn.issueToken({ projectId: '280000000000000002', roles: ['reader'] })
  t.same((await introspect(standIn, theirs, foreign)).json['urn:zitadel:iam:org:project:280000000000000002:roles'], { reader: acme })

  standIn.setRoles(token, ['writer'])
  t.same((await introspect(standIn, token)).json['urn:zitadel:iam:org:project:roles'], { writer: acme })
  const newer = await standIn.refreshToken(token)
  t.same((await introspect(standIn, newer)).json['urn:zitadel:iam:org:project:roles'], { writer: acme }, 'a refresh keeps the roles')
  standIn.setRoles(newer, [])
  t.notOk('urn:zitadel:iam:org:project:roles' in (await introspect(standIn, newer)).json)
})

t.test('scope lists all roles of a project that asserts roles, granted or not', async (t) => {
  await standIn.addApi({ projectId: '280000000000000004', projectRoles: ['a'], assertRoles: true })
  const second = await standIn.addApi({ projectId: '280000000000000004', projectRoles: ['b'] })
  const token = await standIn.issueToken({ projectId: '280000000000000004', roles: ['c'], scopes: ['openid'] })
  const { json } = await introspect(standIn, token, second)
  t.equal(json.scope, ['openid', 'urn:zitadel:iam:org:project:role:a', 'urn:zitadel:iam:org:project:role:b', 'urn:zitadel:iam:org:project:role:c'].join(' '))
  t.same(json['urn:zitadel:iam:org:project:roles'], { c: acme })
})

t.test('a project that asserts roles does not change the scope of older tokens and of service accounts', async (t) => {
  const project = { projectId: '280000000000000006' }
  const api = await standIn.addApi({ ...project, projectRoles: ['a'] })
  const older = await standIn.issueToken({ ...project, scopes: ['openid'] })
  await standIn.addApi({ ...project, assertRoles: true })
  const service = await standIn.issueToken({ ...project, kind: 'service' })
  t.equal((await introspect(standIn, older, api)).json.scope, 'openid')
  t.equal((await introspect(standIn, service, api)).json.scope, 'openid urn:zitadel:iam:org:project:id:280000000000000006:aud')
})

t.test('metadata is base64url without padding and depends on a scope', async (t) => {
  const scopes = ['urn:zitadel:iam:user:metadata']
  const metadata = { tier: 'gold', city: 'Zürich?>' }
  t.same((await introspectNew({ scopes, metadata }))['urn:zitadel:iam:user:metadata'], { tier: 'Z29sZA', city: 'WsO8cmljaD8-' })
  t.notOk('urn:zitadel:iam:user:metadata' in await introspectNew({ scopes: [], metadata }))
  t.notOk('urn:zitadel:iam:user:metadata' in await introspectNew({ scopes }))
})

t.test('each organization scope adds its claims', async (t) => {
  const claims = async (scope: string) => {
    const entries = Object.entries(await introspectNew({ scopes: [scope] }))
    return Object.fromEntries(entries.filter(([name]) => name.startsWith('urn:zitadel:iam:')))
  }
  const resourceOwner = {
    'urn:zitadel:iam:user:resourceowner:id': '280000000000000900',
    'urn:zitadel:iam:user:resourceowner:name': 'ACME',
    'urn:zitadel:iam:user:resourceowner:primary_domain': 'acme.auth.acme.example'
  }
  t.same(await claims('openid'), {})
  t.same(await claims('urn:zitadel:iam:user:resourceowner'), resourceOwner)
  t.same(await claims('urn:zitadel:iam:org:id:280000000000000900'), { 'urn:zitadel:iam:org:id': '280000000000000900', ...resourceOwner })
  t.same(await claims('urn:zitadel:iam:org:domain:primary:acme.auth.acme.example'), { 'urn:zitadel:iam:org:domain:primary': 'acme.auth.acme.example' })
})

t.test('a role or claim named __proto__ is sent like any other', async (t) => {
  const roles = JSON.parse('{"__proto__":{"__proto__":"x.example"}}')
  const { text } = await introspect(standIn, await standIn.issueToken({ roles, scopes: ['openid'], claims: JSON.parse('{"__proto__":1}') }))
  t.match(text, '"urn:zitadel:iam:org:project:roles":{"__proto__":{"__proto__":"x.example"}}')
  t.match(text, /^\{"__proto__":1,/)
})
