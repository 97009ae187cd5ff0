import t from 'tap'
import { ManualClock } from '../fixtures/clock.ts'
import { getSession } from '../../lib/zitadel/session.ts'
import { VerdictCache } from '../../lib/verdicts/verdict-cache.ts'
import { createVerdict } from '../../lib/verdicts/verdict.ts'
import { VerdictIndex } from '../../lib/verdicts/verdict-index.ts'

t.test('keys are found by each name of their verdict, until they are removed', async (t) => {
  const index = new VerdictIndex()
  const [one, two] = [{ sub: 'ada', jti: 'V2_1-at_1', session: undefined }, { sub: 'ada', jti: 'V2_1-at_2', session: undefined }]
  index.add(one, 'a')
  index.add(one, 'a')
  index.add(two, 'b')
  index.add(two, 'c')
  const size = (): number => ['sub ada', 'sub:ada', 'sub=ada'].reduce((sum, name) => sum + index.find(name).length, 0)
  t.same(index.find('none'), [])
  for (const [names, key] of [[one, 'a'], [two, 'b'], [two, 'c'], [two, 'c']] as const) index.remove(names, key)
  t.equal(size(), 0, 'to remove a key twice has no effect')
})

t.test('a session is read from the jti, or from the claim sid', async (t) => {
  t.equal(getSession({ jti: 'V2_1-at_2' }), 'V2_1')
  t.equal(getSession({ jti: 'V2_1' }), undefined, 'no token of a session')
  t.equal(getSession({ jti: '1' }), undefined, 'a personal access token')
  t.equal(getSession({ jti: 5 }), undefined)
  t.equal(getSession({ sid: '7', jti: 'V2_1-at_2' }), '7')
})

t.test('a forget spares a verdict that was asked for later', async (t) => {
  const cache = new VerdictCache({ isEnabled: true, ttl: 30, inactiveTtl: 5, staleIfError: 0, max: 10, maxBytes: 2 ** 20 }, new ManualClock())
  const verdict = createVerdict({ active: true, jti: 'V2_1-at_1' }, { personalAccessTokens: true, customScopes: 'roles' }, 1000, Date.now())
  cache.set('key', verdict)
  cache.forget({ jti: 'V2_1-at_1' }, 999)
  t.equal(cache.peek('key'), verdict)
  cache.forget({ jti: 'V2_1-at_1' }, 1000)
  t.equal(cache.peek('key'), undefined)
})
