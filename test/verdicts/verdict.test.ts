import t from 'tap'
import { createConfig } from '../../lib/options/config.ts'
import { createVerdict } from '../../lib/verdicts/verdict.ts'

const NOW = Date.UTC(2026, 0, 1)
const introspect = (): object => ({})

t.test('a verdict without a grant has a reason', async (t) => {
  const why = (response: object, options: object = {}): string => createVerdict(response as { active: boolean }, createConfig({ introspect, ...options }, {}), 0, NOW).reason
  t.equal(why({ active: true }), '')
  t.match(why({ active: false }), /^ZITADEL says that it is not active/)
  t.match(why({ active: true, exp: NOW / 1000 }), /^by this machine's clock it has expired/)
  t.match(why({ active: true, cnf: { jkt: 'x' } }), /^it is bound to a key/)
  t.equal(why({ active: true, client_id: 'web' }, { clients: ['mobile'] }), 'its client is not listed (option "clients")')
  t.equal(why({ active: true, aud: ['1'] }, { projectId: '2' }), 'the project is not in its audience (option "projectId")')
  t.equal(why({ active: true, act: 'ada' }), 'its claim "act" is malformed')
})

t.test('a verdict keeps when it was asked for and when it ends', async (t) => {
  const response = { active: true, exp: NOW / 1000 + 60, sub: 'ada', jti: '1' }
  const { granted, ...rest } = createVerdict(response, createConfig({ introspect }, {}), 7, NOW)
  t.equal(granted!.token.sub, 'ada')
  t.same(rest, { reason: '', askedAt: 7, expiresAt: NOW + 60_000, sub: 'ada', jti: '1', hits: 0, isUnconfirmed: false })
})
