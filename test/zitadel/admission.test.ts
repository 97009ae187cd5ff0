import t from 'tap'
import { isAdmitted, type AdmissionRules } from '../../lib/zitadel/admission.ts'

function admitted (claims: object, rules: Partial<AdmissionRules>): boolean {
  return isAdmitted({ active: true, ...claims }, { personalAccessTokens: true, ...rules })
}

const session = { client_id: 'web', jti: 'V2_777-at_778', aud: ['web', 'api', 'project-1'] }
const personalAccessToken = { jti: '280000000000000333', aud: ['api', 'project-1'] }

t.test('without rules, everybody is let in', async (t) => {
  for (const claims of [{}, session, personalAccessToken]) t.ok(admitted(claims, {}))
})

t.test('only clients that are named are let in', async (t) => {
  const clients = new Set(['web', 'mobile'])
  t.ok(admitted(session, { clients }))
  t.notOk(admitted({ ...session, client_id: 'other' }, { clients }))
  t.notOk(admitted(personalAccessToken, { clients }), 'a personal access token has no client')
  for (const id of [undefined, null, 5, ['web'], { web: true }, '', 'WEB', 'web ']) t.notOk(admitted({ ...session, client_id: id }, { clients }), JSON.stringify(id))
})

t.test('the project must be in the audience (RFC 7519 section 4.1.3: an array, or one string)', async (t) => {
  const projectId = 'project-1'
  t.ok(admitted(session, { projectId }))
  t.ok(admitted({ aud: 'project-1' }, { projectId }))
  for (const aud of [undefined, null, [], ['api'], 'project-2', 'project-1 api', 'xproject-1', ['project-10'], [['project-1']], { 'project-1': true }]) {
    t.notOk(admitted({ ...session, aud }, { projectId }), JSON.stringify(aud))
  }
})

t.test('personal access tokens can be refused; every other token names its client or is of a session', async (t) => {
  const rules = { personalAccessTokens: false }
  t.notOk(admitted(personalAccessToken, rules))
  t.ok(admitted(session, rules))
  t.ok(admitted({ jti: 'V2_777-at_778' }, rules), 'a session whose client is not told')
  t.ok(admitted({ client_id: 'web', jti: '280000000000000333' }, rules), 'a token of the first kind of session')
})

t.test('a wrong type does not make a personal access token something else', async (t) => {
  const rules = { personalAccessTokens: false }
  for (const id of [null, '', 5, [], {}, true]) t.notOk(admitted({ ...personalAccessToken, client_id: id }, rules), JSON.stringify(id))
  for (const jti of [undefined, null, '', 5, ['V2_777'], 'v2_777', 'xV2_777']) t.notOk(admitted({ jti }, rules), JSON.stringify(jti))
})

t.test('all rules must be met', async (t) => {
  const rules = { clients: new Set(['web']), projectId: 'project-1', personalAccessTokens: false }
  t.ok(admitted(session, rules))
  t.notOk(admitted({ ...session, client_id: 'other' }, rules))
  t.notOk(admitted({ ...session, aud: ['web'] }, rules))
})

t.test('nobody is let in of whom it cannot be told who acts', async (t) => {
  let deep: object = { sub: '602', act: 5 }
  for (let depth = 0; depth < 100_000; depth++) deep = { sub: '601', act: deep }
  for (const act of ['601', 5, [], {}, { iss: 'https://auth.acme.example' }, { sub: 601 }, { sub: '601', iss: 5 }, { sub: '601', act: {} }, { sub: '601', act: { sub: '602', act: '603' } }]) {
    t.notOk(admitted({ ...session, act }, {}), JSON.stringify(act))
  }
  t.notOk(admitted({ ...session, act: deep }, {}), 'however deep it is said')
  for (const act of [undefined, null, { sub: '601' }, { sub: '601', iss: 'https://auth.acme.example', act: { sub: '602', act: null } }]) {
    t.ok(admitted({ ...session, act }, {}), JSON.stringify(act))
  }
})
