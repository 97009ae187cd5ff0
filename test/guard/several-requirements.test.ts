import t from 'tap'
import fastifyAuth from '@fastify/auth'
import type { FastifyInstance } from 'fastify'
import { activeResponse, roles, startGuardedApp, type GuardedApp, type TestContext } from '../fixtures/guarded-app.ts'
import { omitRequirement, type AccessContext } from '../../lib/guard/checks/access-context.ts'

const BOTH = roles({ admin: ['acme'], auditor: ['acme'] })

interface Case extends GuardedApp { respond: (response: object) => void, whileBodyArrives: (run: () => unknown) => void }

/** An app whose requests run a function between the two checks, as if a body took time. */
async function startCase (t: TestContext, declare: (app: FastifyInstance) => void): Promise<Case> {
  let response = activeResponse(BOTH)
  let run: () => unknown = () => {}
  const guarded = await startGuardedApp(t, { responses: { caller: () => response } })
  await guarded.app.register(fastifyAuth)
  guarded.app.addHook('preValidation', async () => { await run() })
  declare(guarded.app)
  return { ...guarded, respond: (next) => { response = next }, whileBodyArrives: (next) => { run = next } }
}

const declarations: Record<string, (app: FastifyInstance) => void> = {
  'two strategies with relation "and"': (app) => {
    app.get('/', { config: { access: 'own' }, onRequest: app.auth([app.zitadel.require({ roles: ['admin'] }), app.zitadel.require({ roles: ['auditor'] })], { relation: 'and' }) }, async () => 'served')
  },
  'a strategy beside the config of the route': (app) => {
    app.get('/', { config: { roles: ['admin'] }, onRequest: app.zitadel.require({ roles: ['auditor'] }) }, async () => 'served')
  },
  'a strategy that runs twice': (app) => {
    const auditor = app.zitadel.require({ roles: ['auditor'] })
    const admin = app.zitadel.require({ roles: ['admin'] })
    app.get('/', { config: { access: 'own' }, onRequest: [auditor, admin, auditor, admin], preParsing: async () => {} }, async () => 'served')
  }
}

for (const [title, declare] of Object.entries(declarations)) {
  for (const missing of ['admin', 'auditor']) {
    t.test(`${title}: each requirement is checked again (${missing})`, async (t) => {
      const { calls, get, respond, whileBodyArrives, zitadel } = await startCase(t, declare)
      t.equal((await get('/', 'caller')).statusCode, 200)
      whileBodyArrives(async () => {
        respond(activeResponse(roles({ [missing === 'admin' ? 'auditor' : 'admin']: ['acme'] })))
        await zitadel().forget({ sub: 'ada' })
      })
      const denied = await get('/', 'caller')
      t.equal(denied.statusCode, 403)
      t.equal(calls.length, 2, 'one introspection renews the verdict for all')
    })
  }
}

t.test('the strictest freshness of the requirements counts', async (t) => {
  for (const order of [[0, 20], [20, 0]] as const) {
    const { calls, clock, get, whileBodyArrives } = await startCase(t, (app) => {
      const strategies = order.map((freshness) => app.zitadel.require({ scopes: [], freshness }))
      app.get('/', { config: { access: 'own' }, onRequest: strategies }, async () => 'served')
    })
    await get('/', 'caller')
    calls.length = 0
    whileBodyArrives(() => { clock.advance(6) })
    t.equal((await get('/', 'caller')).statusCode, 200)
    t.equal(calls.length, 2, 'before the body, and again after it')
  }
})

t.test('a strategy that denied is not checked again, if another way let the request in', async (t) => {
  const { get } = await startCase(t, (app) => {
    const own = async (): Promise<void> => {}
    app.get('/', { config: { access: 'own' }, onRequest: app.auth([app.zitadel.require({ roles: ['owner'] }), own]) }, async () => 'served')
  })
  t.equal((await get('/', 'caller')).statusCode, 200)
})

t.test('scopes and roles are checked again, each alone and together', async (t) => {
  for (const config of [{ scopes: ['profile'] }, { roles: ['admin'] }, { scopes: ['profile'], roles: ['admin'] }]) {
    const { get, respond, whileBodyArrives, zitadel } = await startCase(t, (app) => { app.get('/', { config }, async () => 'served') })
    respond(activeResponse({ scope: 'openid profile', ...BOTH }))
    t.equal((await get('/', 'caller')).statusCode, 200)
    for (const [claims, status] of [[{ scope: 'openid', ...BOTH }, 'scopes' in config ? 403 : 200], [{ scope: 'openid profile' }, 'roles' in config ? 403 : 200]] as const) {
      whileBodyArrives(async () => {
        respond(activeResponse(claims))
        await zitadel().forget({ sub: 'ada' })
      })
      respond(activeResponse({ scope: 'openid profile', ...BOTH }))
      await zitadel().forget({ sub: 'ada' })
      t.equal((await get('/', 'caller')).statusCode, status, JSON.stringify([config, claims]))
    }
  }
})

t.test('a requirement that is met again takes the place of the earlier one in the chain', async (t) => {
  const chain = (...requirements: object[]): AccessContext | undefined => requirements.reduce<AccessContext | undefined>((previous, requirement) => ({ token: 'good', requirement, previous }) as never, undefined)
  const list = (context: AccessContext | undefined): object[] => context === undefined ? [] : [...list(context.previous), context.requirement]
  const [a, b, c] = [{ name: 'a' }, { name: 'b' }, { name: 'c' }]
  const all = chain(a, b, c)
  t.strictSame(list(omitRequirement(all, a as never)), [b, c])
  t.strictSame(list(omitRequirement(all, b as never)), [a, c])
  t.strictSame(list(omitRequirement(all, c as never)), [a, b])
  t.equal(omitRequirement(all, { name: 'a' } as never), all, 'the same object where nothing is left out')
})
