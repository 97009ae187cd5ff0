import t from 'tap'
import { ManualClock } from '../fixtures/clock.ts'
import { getSession } from '../../lib/zitadel/token-id.ts'
import { VerdictCache } from '../../lib/verdicts/verdict-cache.ts'
import { createVerdict } from '../../lib/verdicts/verdict.ts'
import { VerdictIndex } from '../../lib/verdicts/verdict-index.ts'

t.test('keys are found by each name of their verdict, until they are removed', async (t) => {
  const index = new VerdictIndex()
  const [one, two] = [{ sub: 'ada', jti: 'V2_1-at_1', session: undefined, sid: undefined }, { sub: 'ada', jti: 'V2_1-at_2', session: undefined, sid: undefined }]
  index.add(one, 'a')
  index.add(one, 'a')
  index.add(two, 'b')
  index.add(two, 'c')
  t.same(index.findTarget({ sub: 'ada' }), ['a', 'b', 'c'])
  t.same(index.findTarget({ sub: 'V2_1-at_1' }), [], 'a name of another kind')
  t.same(index.findTarget({ jti: 'V2_1-at_1' }), ['a'])
  t.same(index.findTarget({ key: 'd', jti: 'V2_1-at_2' }), ['d', 'b', 'c'])
  t.same(index.findTarget({ key: 'd' }), ['d'])
  t.equal(index.findTarget({ all: true }), undefined)
  for (const names of [one, two]) index.remove(names, 'd')
  t.same(index.findTarget({ jti: 'V2_1-at_1' }), ['a'], 'the name of another key stays')
  const left = [['b', 'c'], ['c'], [], []]
  for (const [i, [names, key]] of ([[one, 'a'], [two, 'b'], [two, 'c'], [two, 'c']] as const).entries()) {
    index.remove(names, key)
    t.same(index.findTarget({ sub: 'ada' }), left[i])
  }
})

t.test('keys are found by the session of their verdict', async (t) => {
  const index = new VerdictIndex()
  index.add({ sub: undefined, jti: undefined, session: 'V2_1', sid: undefined }, 'a')
  t.same(index.findTarget({ session: 'V2_1' }), ['a'])
  t.same(index.findTarget({ session: 'V2_2' }), [])
})

t.test('keys are found by both names of a session: that of the jti, and the claim sid', async (t) => {
  const index = new VerdictIndex()
  const names = { sub: undefined, jti: undefined, session: 'V2_1', sid: 'login' }
  index.add(names, 'a')
  for (const session of ['V2_1', 'login']) t.same(index.findTarget({ session }), ['a'])
  index.remove(names, 'a')
  for (const session of ['V2_1', 'login']) t.same(index.findTarget({ session }), [])
})

t.test('a session is read from the jti', async (t) => {
  t.equal(getSession('V2_1-at_2'), 'V2_1')
  t.equal(getSession('V2_1'), undefined, 'no token of a session')
  t.equal(getSession('1'), undefined, 'a personal access token')
  t.equal(getSession(5), undefined)
})

t.test('a forget does not drop a verdict that is later than the forget', async (t) => {
  const cache = new VerdictCache({ isEnabled: true, ttl: 30, inactiveTtl: 5, staleIfError: 0, max: 10, maxBytes: 2 ** 20 }, new ManualClock())
  const verdict = createVerdict({ active: true, jti: 'V2_1-at_1' }, { personalAccessTokens: true, customScopes: 'roles' }, 1000, Date.now())
  cache.set('key', verdict)
  cache.forget({ jti: 'V2_1-at_1' }, 999)
  t.equal(cache.peek('key'), verdict)
  cache.forget({ jti: 'V2_1-at_1' }, 1000)
  t.equal(cache.peek('key'), undefined)
})
