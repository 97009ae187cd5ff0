import t from 'tap'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { MAX_DROPS } from '../../lib/verdicts/drop-queue.ts'
import { VerdictCache } from '../../lib/verdicts/verdict-cache.ts'
import type { Verdict } from '../../lib/verdicts/verdict.ts'
import { ManualClock } from '../fixtures/clock.ts'
import { createIntrospectedVerdict } from '../fixtures/verdict.ts'

const COUNT = 2 * MAX_DROPS + 1
const [FIRST, LAST] = ['0', String(COUNT - 1)]

const createVerdictAt = (askedAt: number, session = '1'): Verdict => createIntrospectedVerdict({ active: true, sub: 'ada', sid: session }, askedAt)

/** A cache with more verdicts of one user than are dropped in one turn. */
function createFullCache (count = COUNT): VerdictCache {
  const cache = new VerdictCache({ isEnabled: true, ttl: 30, inactiveTtl: 5, staleIfError: 0, max: 10_000, maxBytes: 2 ** 30 }, new ManualClock())
  for (let index = 0; index < count; index++) cache.set(String(index), createVerdictAt(0))
  return cache
}

const turn = async (): Promise<void> => { await new Promise((resolve) => { setImmediate(resolve) }) }
const getCount = (cache: VerdictCache): number => cache.counts.activeVerdicts

t.test('a thousand verdicts are dropped in a turn, so that a user with more tokens does not block the process', async (t) => {
  for (const drop of ['forget', 'doubt'] as const) {
    const few = createFullCache(MAX_DROPS)
    t.equal(few[drop]({ sub: 'ada' }, 1), MAX_DROPS)
    t.equal(getCount(few), 0)
    const cache = createFullCache()
    t.equal(cache[drop]({ sub: 'ada' }, 1), COUNT)
    for (const left of [COUNT, MAX_DROPS + 1, 1, 0, 0]) {
      t.equal(getCount(cache), left)
      await turn()
    }
  }
})

t.test('a verdict is not used after a forget or a doubt, also before its turn to be dropped', async (t) => {
  const forgotten = createFullCache()
  forgotten.forget({ sub: 'ada' }, 1)
  t.equal(forgotten.get(LAST, 2, Infinity), undefined)
  t.equal(forgotten.peek('1'), undefined)
  t.equal(forgotten.getKnown('2'), undefined)
  t.equal(forgotten.getLatest('3'), -Infinity)
  t.equal(getCount(forgotten), COUNT - 4)
  forgotten.setKnown('4', createVerdictAt(0), 1)
  t.equal(forgotten.getKnown('4')?.notBefore, 1, 'known again')
  const doubted = createFullCache()
  doubted.doubt({ session: '1' }, 1)
  t.equal(doubted.get(LAST, 2, Infinity), undefined)
  t.equal(doubted.peek('1'), undefined)
  t.equal(doubted.getKnown('2')?.notBefore, 1)
})

t.test('a response that was asked for later stays, although others of its user still wait to be dropped', async (t) => {
  for (const drop of ['forget', 'doubt'] as const) {
    const cache = createFullCache()
    cache[drop]({ sub: 'ada' }, 1)
    for (const key of [FIRST, LAST]) cache.set(key, createVerdictAt(2))
    for (let turns = 0; turns < 4; turns++) await turn()
    t.equal(getCount(cache), 2)
    t.equal(cache.get(LAST, 2, Infinity)?.askedAt, 2)
    t.equal(cache.forget({ sub: 'ada' }, 3), 2, 'they are found by their names')
  }
})

t.test('what is asked for later than a forget applies to stays, and is found by the next one', async (t) => {
  const cache = createFullCache()
  for (const key of [FIRST, LAST]) cache.set(key, createVerdictAt(2))
  cache.forget({ sub: 'ada' }, 1)
  for (let turns = 0; turns < 4; turns++) await turn()
  t.equal(getCount(cache), 2)
  t.equal(cache.forget({ sub: 'ada' }, 3), 2)
})

t.test('drops that wait are done in their order, also those of one token, and of verdicts that were evicted', async (t) => {
  const cache = createFullCache()
  cache.forget({ sub: 'ada' }, 1)
  cache.doubt({ session: '1' }, 2)
  t.equal(cache.getKnown(LAST), undefined, 'a doubt does not make a token known')
  t.equal(cache.forget({ key: '5' }, 3), 0, 'counted before')
  cache.doubt({ all: true }, 4)
  for (let turns = 0; turns < 8; turns++) await turn()
  t.equal(getCount(cache), 0)
  cache.set(LAST, createVerdictAt(5))
  t.equal(cache.forget({ session: '1' }, 6), 1)
})

t.test('a token is dropped with the many tokens that share its jti', async (t) => {
  const cache = createFullCache(0)
  for (let index = 0; index <= MAX_DROPS; index++) cache.set(String(index), createIntrospectedVerdict({ active: true, jti: '1' }, 0))
  cache.set('other', createIntrospectedVerdict({ active: true }, 0))
  cache.forget({ key: 'other', jti: '1' }, 1)
  t.equal(cache.peek('other'), undefined)
  t.equal(cache.peek('7'), undefined)
})

t.test('what a doubt of all verdicts drops is collected, although its ttl has not ended', async (t) => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const cache = createFullCache()
  const verdict = new WeakRef(cache.peek(FIRST)!)
  await turn()
  collect()
  t.ok(verdict.deref())
  await turn()
  cache.doubt({ all: true }, 1)
  await turn()
  collect()
  t.equal(verdict.deref(), undefined)
  t.equal(getCount(cache), 0)
})
