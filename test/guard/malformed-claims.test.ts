import t from 'tap'
import { startGuardedApp, activeResponse } from '../fixtures/guarded-app.ts'

const ROLES = 'urn:zitadel:iam:org:project:roles'

const granting: Record<string, unknown> = {
  "an array, as ZITADEL's documentation shows it": [{ admin: { acme: 'acme.example' } }],
  'an array of names': ['admin'],
  'a string': 'admin',
  'the string of an object': '{"admin":{"acme":"acme.example"}}',
  null: null,
  true: true,
  'a role without an organization': { admin: {} },
  'a role that is true': { admin: true },
  'a role that is a string': { admin: 'acme' },
  'a role that is null': { admin: null },
  'a role with an array of organizations': { admin: ['acme'] },
  'a role with a nested organization': { admin: { acme: { acme: 'acme.example' } } },
  'a role whose domain is null': { admin: { acme: null } },
  'a role in the organization ""': { admin: { '': 'acme.example' } },
  'the role one level too deep': { roles: { admin: { acme: 'acme.example' } } }
}

for (const [what, claim] of Object.entries(granting)) {
  t.test(`roles as ${what} grant nothing`, async (t) => {
    const { app, get } = await startGuardedApp(t, { responses: { caller: activeResponse({ [ROLES]: claim }) } })
    app.get('/role', { config: { roles: ['admin'] } }, async () => 'served')
    app.get('/scope', { config: { scopes: ['admin'] } }, async () => 'served')
    app.get('/within', { config: { roles: ['admin'], organization: 'acme' } }, async () => 'served')
    for (const url of ['/role', '/scope', '/within']) t.equal((await get(url, 'caller')).json().code, 'FST_ZITADEL_INSUFFICIENT_ROLE', url)
  })
}

const scopes: unknown[] = [['email'], { email: true }, null, 7, true, 'emails', 'e mail', 'email\tprofile', 'EMAIL', 'xemail emailx']

t.test('a scope that is no space-separated string grants nothing', async (t) => {
  for (const scope of scopes) {
    const { app, get } = await startGuardedApp(t, { responses: { caller: activeResponse({ scope }) } })
    app.get('/', { config: { scopes: ['email'] } }, async () => 'served')
    app.get('/live', async () => 'served')
    t.equal((await get('/', 'caller')).json().code, 'FST_ZITADEL_INSUFFICIENT_SCOPE', JSON.stringify(scope))
    t.equal((await get('/live', 'caller')).statusCode, 200, 'the token itself is accepted')
  }
})

t.test('roles of another project grant nothing', async (t) => {
  const claims = { 'urn:zitadel:iam:org:project:2:roles': { admin: { acme: 'acme.example' } } }
  for (const options of [{}, { projectId: '1' }]) {
    const { app, get } = await startGuardedApp(t, { responses: { caller: activeResponse({ aud: ['1'], ...claims }) }, options })
    app.get('/', { config: { roles: ['admin'] } }, async () => 'served')
    t.equal((await get('/', 'caller')).statusCode, 403)
  }
})
