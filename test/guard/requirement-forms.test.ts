import t from 'tap'
import type { AllOrAny } from '../../lib/index.ts'
import { startGuardedApp, activeResponse, roles } from '../fixtures/guarded-app.ts'

const a = 'openid'
const b = 'profile'
const c = 'email'

const forms: Array<[form: AllOrAny, held: string[][], lacking: string[][]]> = [
  [[], [[], [a]], []],
  [[a], [[a], [a, b]], [[], [b]]],
  [[a, b], [[b, a]], [[a], [b], []]],
  [[[a, b], [c]], [[a, b], [c], [a, c]], [[a], [b], []]],
  [[[a], [b]], [[a], [b]], [[c], []]]
]

t.test('required scopes: all of one array, or all of any array of several', async (t) => {
  for (const [scopes, held, lacking] of forms) {
    let scope = ''
    const { app, get } = await startGuardedApp(t, { responses: { caller: () => activeResponse({ scope }) }, options: { cache: false } })
    app.get('/', { config: { scopes } }, async () => 'served')
    for (const set of held) {
      scope = set.join(' ')
      t.equal((await get('/', 'caller')).statusCode, 200, `${JSON.stringify(scopes)} is held by "${scope}"`)
    }
    for (const set of lacking) {
      scope = set.join(' ')
      t.equal((await get('/', 'caller')).statusCode, 403, `${JSON.stringify(scopes)} is not held by "${scope}"`)
    }
  }
})

t.test('required roles: all of one array, or all of any array of several', async (t) => {
  for (const [required, held, lacking] of forms.slice(1)) {
    let granted: string[] = []
    const caller = () => activeResponse(roles(Object.fromEntries(granted.map((role) => [role, ['acme']]))))
    const { app, get } = await startGuardedApp(t, { responses: { caller }, options: { cache: false } })
    app.get('/', { config: { roles: required } }, async () => 'served')
    for (const set of held) {
      granted = set
      t.equal((await get('/', 'caller')).statusCode, 200, `${JSON.stringify(required)} is held by ${set}`)
    }
    for (const set of lacking) {
      granted = set
      t.equal((await get('/', 'caller')).statusCode, 403, `${JSON.stringify(required)} is not held by ${set}`)
    }
  }
})

t.test('scopes and roles are both required if both are declared', async (t) => {
  const { app, get } = await startGuardedApp(t, {
    responses: {
      both: activeResponse({ scope: 'openid email', ...roles({ admin: ['acme'] }) }),
      scope: activeResponse({ scope: 'openid email' }),
      role: activeResponse(roles({ admin: ['acme'] }))
    }
  })
  app.get('/', { config: { scopes: ['email'], roles: ['admin'] } }, async () => 'served')
  t.equal((await get('/', 'both')).statusCode, 200)
  t.equal((await get('/', 'scope')).json().code, 'FST_ZITADEL_INSUFFICIENT_ROLE')
  t.equal((await get('/', 'role')).json().code, 'FST_ZITADEL_INSUFFICIENT_SCOPE')
})

t.test('changes of a requirement after the first request have no effect', async (t) => {
  const { app, get } = await startGuardedApp(t)
  const required = ['admin']
  app.get('/', { config: { roles: required } }, async () => 'served')
  t.equal((await get('/')).statusCode, 403)
  required.length = 0
  t.equal((await get('/')).statusCode, 403)
})
