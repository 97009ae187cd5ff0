import t from 'tap'
import Fastify, { type FastifyRequest } from 'fastify'
import type { ZitadelOptions } from '../../lib/index.ts'
import { createPlugin } from '../../lib/plugin.ts'
import { bearer, type TestContext } from '../fixtures/guarded-app.ts'
import { RECORDED_RESPONSES } from '../fixtures/recorded/index.ts'

const ADA = 'admin@acme reader@acme reader@other'
const BOB = 'reader@other'
const WORKER = 'orders:read@acme reader@acme'

/** What each token may do: `role@organization`, '' for an active token without roles, null for a denied one. */
const EXPECTED: Record<string, string | null> = {
  // An Action has added `cnf`: whether the caller holds the key is not checked, so a bound token is denied.
  'action-v2-preuserinfo-claims': null,
  'as-token-id': null,
  'as-token-refresh': null,
  'as-token-session': null,
  'human-after-refresh': ADA,
  'human-assert-roles': BOB,
  'human-before-refresh': ADA,
  'human-bob': BOB,
  'human-code-full': ADA,
  'human-code-jwt': ADA,
  'human-code-key': ADA,
  'human-code-min': ADA,
  'human-device': 'admin@acme',
  'human-device-bob': '',
  'human-domain-primary': ADA,
  'human-exchange-chain': BOB,
  'human-exchange-impersonation': ADA,
  'human-exchange-jwt': ADA,
  'human-exchange-pat-actor': ADA,
  'human-exchange-plain': ADA,
  'human-login-v1': ADA,
  'human-login-v1-implicit': ADA,
  'human-mfa': '',
  'human-norole-min': '',
  'human-norole-profile-email-phone': '',
  'human-old-after-refresh': null,
  'human-orgid': ADA,
  'human-otherproject': null,
  'human-otherproject-aud': ADA,
  'human-roles-id': BOB,
  'human-rolescope': 'reader@acme reader@other',
  'main-groups-groups': WORKER,
  'main-groups-groups-urn-zitadel-iam-user-groups': WORKER,
  'main-groups-human': ADA,
  'main-groups-urn-zitadel-iam-user-groups': WORKER,
  'pat-no-expiry': WORKER,
  'pat-stranger': '',
  'pat-with-roles': WORKER,
  'sa-cc-jwt-full': 'reader@acme',
  'sa-cc-noscope': WORKER,
  'sa-cc-opaque-full': WORKER,
  'sa-cc-opaque-min': WORKER,
  'sa-groups': WORKER,
  'sa-jwtprofile-jwt-full': 'reader@acme',
  'sa-jwtprofile-noaud': null,
  'sa-jwtprofile-opaque-full': WORKER,
  'sa-jwtprofile-opaque-min': WORKER,
  'sa-norole': '',
  'sa-orgid-scope': WORKER,
  'sa-otherproject': null,
  'sa-roles-id': '',
  'sa-rolescope': 'reader@acme',
  'sa-rolescope-admin-only': '',
  'sa-twoprojects': WORKER,
  'sa-zitadel-aud': WORKER,
  'v4.13.1-human-code-full': ADA,
  'v4.13.1-pat-with-roles': WORKER,
  'v4.13.1-sa-jwtprofile-opaque-full': WORKER
}

const ROLES = ['admin', 'orders:read', 'reader']
const ORGANIZATIONS = ['acme', 'other']
const getHeader = (name: string) => (request: FastifyRequest): string => String(request.headers[name])

/** Returns a function that gives the status of a GET with a recorded response as that of the token. */
async function createApp (t: TestContext, options: ZitadelOptions): Promise<(name: string, url: string, organization?: string) => Promise<number>> {
  let now = 0
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(createPlugin({ wall: () => now, monotonic: () => performance.now() }), { introspect: (token) => RECORDED_RESPONSES[token]!.response, ...options })
  app.get('/', async () => 'served')
  for (const role of ROLES) {
    const organization = getHeader('x-organization')
    app.get(`/roles/${role.replace(':', '.')}`, { config: { roles: [role], organization } }, async () => 'served')
    app.get(`/scopes/${role.replace(':', '.')}`, { config: { scopes: [role], organization } }, async () => 'served')
  }
  return async (name, url, organization = '') => {
    now = (Number(RECORDED_RESPONSES[name]!.response['iat'] ?? 0) + 1) * 1000
    return (await app.inject({ url: url.replace(':', '.'), headers: { ...bearer(name), 'x-organization': organization } })).statusCode
  }
}

/** The ids of the organizations of the server that gave the response, by the first part of their domain. */
function findOrganizations (server: string): Map<string, string> {
  const claims = Object.values(RECORDED_RESPONSES).filter((recorded) => recorded.server === server)
    .flatMap(({ response }) => Object.values((response['urn:zitadel:iam:org:project:roles'] ?? {}) as Record<string, Record<string, string>>))
  return new Map(claims.flatMap((claim) => Object.entries(claim)).map(([id, domain]) => [domain.split('.')[0]!, id]))
}

t.test('each recorded response has an expectation', async (t) => {
  t.same(Object.keys(RECORDED_RESPONSES).sort(), Object.keys(EXPECTED).sort())
})

t.test('each recorded response has the expected verdict and the expected roles in each organization', async (t) => {
  const get = await createApp(t, {})
  for (const [name, { server }] of Object.entries(RECORDED_RESPONSES)) {
    const expected = EXPECTED[name]!
    t.equal(await get(name, '/'), expected === null ? 401 : 200, name)
    if (expected === null) continue
    const ids = findOrganizations(server)
    for (const way of ['roles', 'scopes']) {
      const held: string[] = []
      for (const role of ROLES) {
        for (const organization of ORGANIZATIONS) {
          const status = await get(name, `/${way}/${role}`, ids.get(organization)!)
          if (status === 200) held.push(`${role}@${organization}`)
          else t.equal(status, 403, `${name} ${way} ${role} ${organization}`)
        }
      }
      t.equal(held.join(' '), expected, `${name} ${way}`)
    }
  }
})

t.test('personalAccessTokens: false denies the recorded personal access tokens, and no other token', async (t) => {
  const get = await createApp(t, { personalAccessTokens: false })
  const denied: string[] = []
  for (const [name, expected] of Object.entries(EXPECTED)) {
    if (expected !== null && await get(name, '/') === 401) denied.push(name)
  }
  t.same(denied, ['pat-no-expiry', 'pat-stranger', 'pat-with-roles', 'v4.13.1-pat-with-roles'])
})
