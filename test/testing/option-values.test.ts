import t, { test } from 'tap'
import { fakeZitadel, startStandIn, type StandIn } from '../../lib/testing/index.ts'

const { as } = fakeZitadel()
let standIn: StandIn
t.before(async () => { standIn = await startStandIn() })
t.teardown(async () => await standIn.close())

const noText = [5, null, {}, ['a']]
const noTexts = ['openid', null, [5], [null], {}]
const noSwitch = ['yes', null, 1]
const noObject = ['x', null, [], 5]

/** What the message says of what was expected, and values that are not it. */
const WRONG_TOKEN_OPTIONS: Record<string, [string, unknown[]]> = {
  kind: ['one of user, service, pat', ['person', 'PAT', null]],
  format: ['one of opaque, legacy, jwt', ['JWT', null]],
  sub: ['a string', noText],
  username: ['a string', noText],
  clientId: ['a string', noText],
  scopes: ['an array of strings', noTexts],
  roles: ['an array of role keys, or an object', ['reader', null, [null], [['reader']], 5, { reader: '1' }, { reader: ['1'] }, { reader: null }, { reader: true }, { reader: { 1: 5 } }]],
  projectId: ['a string', noText],
  organization: ['an id, or an object { id, name, primaryDomain }', [5, null, {}, { name: 'ACME' }, { id: 5 }, []]],
  lifetime: ['a whole number of seconds, or null', ['60', NaN, Infinity, 1.5, 1e20]],
  audience: ['an array of strings', noTexts],
  metadata: ['an object whose values are strings', [null, ['a'], { a: 5 }]],
  actor: ['an object', noObject],
  amr: ['an array of strings', noTexts],
  profile: ['an object', noObject],
  claims: ['an object', noObject],
  minimal: ['true or false', noSwitch]
}

test('a wrong value of an option of a token throws, and the message names the option', async (t) => {
  for (const [name, [expected, values]] of Object.entries(WRONG_TOKEN_OPTIONS)) {
    for (const value of values) {
      const options = { [name]: value } as object
      await t.rejects(standIn.issueToken(options), { name: 'TypeError', message: `option "${name}" of issueToken must be ${expected}` })
      t.throws(() => as(options), { name: 'TypeError', message: `option "${name}" of as must be ${expected}` })
      t.throws(() => as.expired(options), TypeError)
    }
    await t.resolves(standIn.issueToken({ [name]: undefined } as object), 'undefined counts as not given')
  }
})

test('each form of roles and organization is accepted', async (t) => {
  for (const options of [{ roles: [] }, { roles: {} }, { roles: { reader: { 1: 'one.example' } } }, { organization: '1' }, { organization: { id: '1' } }, { lifetime: null }, { lifetime: -1 }, { claims: Object.create(null) as object }]) {
    await t.resolves(standIn.issueToken(options as object))
  }
})

test('wrong options of the other functions throw', async (t) => {
  for (const options of [{ port: 'x' }, { port: 70_000 }, { port: -1 }, { clock: 5 }, { domains: 'x' }, { trustedDomains: 'x' }, { projectRoles: 'reader' }, { externalSecure: 'no' }, { refuseTwoMethods: 1 }, { issuer: 5 }]) {
    await t.rejects(startStandIn(options as never), { name: 'TypeError', message: `option "${Object.keys(options)[0]}" of startStandIn must be ` })
  }
  for (const options of [{ projectId: 5 }, { projectRoles: 'reader' }, { assertRoles: 'yes' }, { kind: 'web' }, { secret: 'no' }]) {
    await t.rejects(standIn.addApi(options as never), { name: 'TypeError', message: `option "${Object.keys(options)[0]}" of addApi must be ` })
  }
  for (const options of [{ sub: 5 }, { clientId: 5 }, { sid: 5 }, { claims: 'x' }, { header: [] }]) {
    await t.rejects(standIn.createLogoutToken(options as never), { name: 'TypeError', message: `option "${Object.keys(options)[0]}" of createLogoutToken must be ` })
  }
  t.throws(() => fakeZitadel({ projectId: 5 } as never), { name: 'TypeError', message: 'option "projectId" of fakeZitadel must be a string' })
  for (const options of [null, 5, 'x', []]) {
    await t.rejects(startStandIn(options as never), { name: 'TypeError', message: 'the options of startStandIn must be an object { port, ' })
    t.throws(() => as(options as never), { name: 'TypeError', message: 'the options of as must be an object { kind, ' })
  }
  const token = await standIn.issueToken({ roles: ['reader'] })
  for (const roles of ['reader', undefined, { reader: '1' }]) t.throws(() => standIn.setRoles(token, roles as never), { name: 'TypeError', message: '"roles" must be an array of role keys' })
  for (const receiver of [5, 'no url', undefined]) t.throws(() => standIn.addWebhookTarget(receiver as never), { name: 'TypeError', message: 'must be a URL or a function' })
})

test('an option that is undefined replaces no default of a caller', async (t) => {
  const fake = fakeZitadel()
  const read = (headers: { authorization: string }): Record<string, unknown> => fake.introspect(headers.authorization.slice('Bearer '.length))
  t.same(read(fake.as.expired({ lifetime: undefined })), { active: false })
  t.match(read(fake.as.personalAccessToken({ kind: undefined })), { active: true, jti: /^\d+$/ })
  t.same(read(fake.as.otherProject({ projectId: undefined })), { active: false })
  const [, claims] = (await standIn.createLogoutToken({ clientId: undefined, sub: undefined })).split('.')
  t.match(JSON.parse(Buffer.from(claims!, 'base64url').toString()), { aud: [standIn.loginClientId], sub: /^\d+$/ })
})

test('an option that contradicts the caller throws', async (t) => {
  for (const [name, options, expected] of [
    ['expired', { lifetime: 60 }, 'a negative number of seconds'], ['expired', { lifetime: null }, 'a negative number of seconds'], ['expired', { lifetime: 0 }, 'a negative number of seconds'],
    ['personalAccessToken', { kind: 'user' }, 'one of pat'], ['serviceAccount', { kind: 'pat' }, 'one of service'],
    ['otherProject', { projectId: standIn.projectId }, 'another project than that of the API']
  ] as const) t.throws(() => as[name](options), { name: 'TypeError', message: `option "${Object.keys(options)[0]}" of as.${name} must be ${expected}` })
  t.doesNotThrow(() => as.expired({ lifetime: -3600 }))
  t.doesNotThrow(() => as.otherProject({ projectId: '42' }))
})
