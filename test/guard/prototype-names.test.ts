import t from 'tap'
import { startGuardedApp, activeResponse } from '../fixtures/guarded-app.ts'

const names = ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'prototype', 'valueOf']
const ROLES = 'urn:zitadel:iam:org:project:roles'

t.test('a name of a member of Object.prototype is no role, scope or organization', async (t) => {
  const { app, get } = await startGuardedApp(t, { responses: { admin: activeResponse({ [ROLES]: { admin: { acme: 'acme.example' } } }) } })
  for (const name of names) {
    app.get(`/role/${name}`, { config: { roles: [name] } }, async () => 'served')
    app.get(`/scope/${name}`, { config: { scopes: [name] } }, async () => 'served')
    app.get(`/organization/${name}`, { config: { roles: ['admin'], organization: name } }, async () => 'served')
    app.get(`/function/${name}`, { config: { roles: ['admin'], organization: () => name } }, async () => 'served')
  }
  for (const name of names) {
    for (const where of ['role', 'scope', 'organization', 'function']) {
      t.equal((await get(`/${where}/${name}`, 'admin')).statusCode, 403, `${where} ${name}`)
    }
  }
})

t.test('a role called __proto__ grants nothing', async (t) => {
  const claims = JSON.parse(`{ "${ROLES}": { "__proto__": { "admin": { "acme": "acme.example" } }, "reader": { "__proto__": { "acme": "x" } } } }`)
  const { app, get } = await startGuardedApp(t, { responses: { hostile: activeResponse(claims) } })
  const required = ['admin', 'reader', '__proto__']
  for (const role of required) app.get(`/${role}`, { config: { roles: [role] } }, async () => 'served')
  for (const role of required) {
    t.equal((await get(`/${role}`, 'hostile')).statusCode, 403, role)
  }
  t.equal(({} as Record<string, unknown>)['admin'], undefined)
})

t.test('views of roles and metadata have no prototype to find such a name on', async (t) => {
  const metadata = JSON.parse('{ "tier": "Z29sZA", "__proto__": "Z29sZA" }')
  const { app, get } = await startGuardedApp(t, { responses: { caller: activeResponse({ 'urn:zitadel:iam:user:metadata': metadata }) } })
  app.get('/', async ({ zitadel }) => names.map((name) => [zitadel.roles[name] ?? null, zitadel.metadata[name] ?? null, zitadel.hasRole(name), zitadel.hasScope(name)]))
  const found = (await get('/', 'caller')).json()
  for (const [i, name] of names.entries()) {
    t.strictSame(found[i], [null, name === '__proto__' ? 'gold' : null, false, false], name)
  }
})
