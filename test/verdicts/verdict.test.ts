import t from 'tap'
import { createConfig } from '../../lib/options/config.ts'
import { createVerdict } from '../../lib/verdicts/verdict.ts'

const NOW = Date.UTC(2026, 0, 1)
const introspect = (): object => ({})

t.test('a verdict without a grant has a reason', async (t) => {
  const reason = (response: object, options: object = {}): unknown => createVerdict(response as { active: boolean }, createConfig({ introspect, ...options }, {}), 0, NOW).reason
  t.equal(reason({ active: true }), undefined)
  t.equal(reason({ active: false }), 'token_inactive')
  t.equal(reason({ active: true, exp: NOW / 1000 }), 'token_expired')
  t.equal(reason({ active: true, nbf: NOW / 1000 + 61 }), 'token_not_yet_valid')
  t.equal(reason({ active: true, cnf: { jkt: 'x' } }), 'token_bound')
  t.equal(reason({ active: true, client_id: 'web' }, { clients: ['mobile'] }), 'client_not_listed')
  t.equal(reason({ active: true, aud: ['1'] }, { projectId: '2' }), 'project_not_in_audience')
  t.equal(reason({ active: true, act: 'ada' }), 'actor_malformed')
})

t.test('a verdict keeps when it was asked for and when it ends', async (t) => {
  const response = { active: true, exp: NOW / 1000 + 60, sub: 'ada', jti: '1' }
  const { granted, ...rest } = createVerdict(response, createConfig({ introspect }, {}), 7, NOW)
  t.equal(granted!.token.sub, 'ada')
  t.same(rest, { reason: undefined, askedAt: 7, expiresAt: NOW + 60_000, sub: 'ada', jti: '1', session: undefined, sid: undefined, isShared: false, hits: 0, usedIn: -1, metRequirement: undefined, isUnconfirmed: false, lastGap: 0, gapCheck: undefined })
})
