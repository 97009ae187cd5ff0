import t from 'tap'
import { hash } from 'node:crypto'
import { RecentForgets } from '../../lib/shared-cache/recent-forgets.ts'

const response = { active: true, sub: 'ada', jti: 'V2_1-at_2' }
const key = (token: string): string => hash('sha256', token, 'binary')

const TARGETS: Array<[target: Parameters<RecentForgets['add']>[0], applies: boolean]> = [
  [{ all: true }, true],
  [{ sub: 'ada' }, true],
  [{ sub: 'bob' }, false],
  [{ jti: 'V2_1-at_2' }, true],
  [{ jti: 'V2_1-at_3' }, false],
  [{ session: 'V2_1' }, true],
  [{ session: 'V2_2' }, false],
  [{ token: 'token' }, true],
  [{ token: 'other' }, false],
  [{ token: 'other', jti: 'V2_1-at_2' }, true],
  [{ key: key('token') }, true],
  [{ key: key('other') }, false],
  [{ key: key('other'), jti: 'V2_1-at_2' }, true],
  [{ key: key('token'), jti: 'V2_5-at_5' }, true]
]
for (const [target, applies] of TARGETS) {
  t.test(`a forget ${JSON.stringify(target)} ${applies ? 'applies' : 'does not apply'} to a response that is loaded meanwhile, and to none that is loaded later`, async (t) => {
    const forgets = new RecentForgets()
    const { count } = forgets
    t.notOk(forgets.canApply(count, 'token', response))
    forgets.add(target)
    t.equal(forgets.canApply(count, 'token', response), applies)
    t.notOk(forgets.canApply(forgets.count, 'token', response))
  })
}

t.test('a forget of a session applies to a response that names it by its claim sid or by its jti', async (t) => {
  for (const [session, applies] of [['7', true], ['V2_1', true], ['8', false]] as const) {
    const forgets = new RecentForgets()
    forgets.add({ session })
    t.equal(forgets.canApply(0, 'token', { ...response, sid: '7' }), applies, session)
  }
})

t.test('a response without sub and jti is forgotten by its token, and not by another token without a jti', async (t) => {
  const forgets = new RecentForgets()
  forgets.add({ token: 'other' })
  t.notOk(forgets.canApply(0, 'token', { active: true }))
  forgets.add({ token: 'token' })
  t.ok(forgets.canApply(0, 'token', { active: true }))
})

t.test('after more than a hundred forgets during a load, every response counts as forgotten', async (t) => {
  const forgets = new RecentForgets()
  for (let index = 0; index < 100; index++) forgets.add({ sub: `user ${index}` })
  t.notOk(forgets.canApply(0, 'token', response))
  forgets.add({ sub: 'one more' })
  t.ok(forgets.canApply(0, 'token', response))
  t.notOk(forgets.canApply(1, 'token', response))
})
