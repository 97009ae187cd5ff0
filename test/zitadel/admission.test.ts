import t from 'tap'
import { findAdmissionDenial, type AdmissionRules } from '../../lib/zitadel/admission.ts'

function admitted (claims: object, rules: Partial<AdmissionRules>): boolean {
  return denial(claims, rules) === undefined
}

function denial (claims: object, rules: Partial<AdmissionRules>): string | undefined {
  return findAdmissionDenial({ active: true, ...claims }, { personalAccessTokens: true, ...rules })
}

const session = { client_id: 'web', jti: 'V2_777-at_778', aud: ['web', 'api', 'project-1'] }
const personalAccessToken = { jti: '280000000000000333', aud: ['api', 'project-1'] }

t.test('without rules, every token is accepted', async (t) => {
  for (const claims of [{}, session, personalAccessToken]) t.ok(admitted(claims, {}))
})

t.test('only listed clients are accepted', async (t) => {
  const clients = new Set(['web', 'mobile'])
  t.ok(admitted(session, { clients }))
  t.equal(denial({ ...session, client_id: 'other' }, { clients }), 'client_not_listed')
  t.equal(denial(personalAccessToken, { clients }), 'client_absent')
  for (const id of [undefined, null, 5, ['web'], { web: true }, '', 'WEB', 'web ']) t.notOk(admitted({ ...session, client_id: id }, { clients }), JSON.stringify(id))
})

t.test('the project must be in the audience (RFC 7519 section 4.1.3: an array, or one string)', async (t) => {
  const projectId = 'project-1'
  t.ok(admitted(session, { projectId }))
  t.ok(admitted({ aud: 'project-1' }, { projectId }))
  for (const aud of [undefined, null, [], ['api'], 'project-2', 'project-1 api', 'xproject-1', ['project-10'], [['project-1']], { 'project-1': true }]) {
    t.equal(denial({ ...session, aud }, { projectId }), 'project_not_in_audience', JSON.stringify(aud))
  }
})

t.test('a token whose jti does not start with V2_ is a personal access token', async (t) => {
  const rules = { personalAccessTokens: false }
  t.equal(denial(personalAccessToken, rules), 'personal_access_token')
  t.ok(admitted(session, rules))
  t.ok(admitted({ jti: 'V2_777-at_778' }, rules), 'a session whose response has no client')
  for (const jti of [undefined, null, '', 5, ['V2_777'], 'v2_777', 'xV2_777']) t.notOk(admitted({ jti }, rules), JSON.stringify(jti))
})

t.test('a client id that an Action adds does not change what a personal access token is', async (t) => {
  const claims = { ...personalAccessToken, client_id: 'web' }
  t.notOk(admitted(claims, { personalAccessTokens: false }))
  t.notOk(admitted(claims, { clients: new Set(['web']) }))
  t.ok(admitted(claims, {}))
})

t.test('a token must meet all rules', async (t) => {
  const rules = { clients: new Set(['web']), projectId: 'project-1', personalAccessTokens: false }
  t.ok(admitted(session, rules))
  t.notOk(admitted({ ...session, client_id: 'other' }, rules))
  t.notOk(admitted({ ...session, aud: ['web'] }, rules))
})

t.test('a token is denied if its actors cannot be identified', async (t) => {
  let deep: object = { sub: '602', act: 5 }
  for (let depth = 0; depth < 100_000; depth++) deep = { sub: '601', act: deep }
  for (const act of ['601', 5, [], {}, { iss: 'https://auth.acme.example' }, { sub: 601 }, { sub: '601', iss: 5 }, { sub: '601', act: {} }, { sub: '601', act: { sub: '602', act: '603' } }]) {
    t.equal(denial({ ...session, act }, {}), 'actor_malformed', JSON.stringify(act))
  }
  t.notOk(admitted({ ...session, act: deep }, {}), 'at any depth')
  for (const act of [undefined, null, { sub: '601' }, { sub: '601', iss: 'https://auth.acme.example', act: { sub: '602', act: null } }]) {
    t.ok(admitted({ ...session, act }, {}), JSON.stringify(act))
  }
})
