import t from 'tap'
import { setTimeout as sleep } from 'node:timers/promises'
import { Throttle } from '../../lib/verdicts/throttle.ts'
import { systemClock } from '../../lib/clock.ts'
import type { ForgetListener, SharedCache } from '../../lib/shared-cache/shared-cache.ts'
import { Introspector } from '../../lib/verdicts/introspector.ts'

t.test('the first task runs at once, and the last of the others at the end of the interval', async (t) => {
  const ran: number[] = []
  const throttle = new Throttle(30)
  for (const task of [1, 2, 3]) throttle.run(() => { ran.push(task) })
  t.same(ran, [1])
  await sleep(45)
  t.same(ran, [1, 3])
  throttle.run(() => { ran.push(4) })
  t.same(ran, [1, 3], 'the interval after the second one has not ended')
  await sleep(90)
  t.same(ran, [1, 3, 4])
  throttle.run(() => { ran.push(5) })
  t.same(ran, [1, 3, 4, 5])
})

t.test('a task that waits can be run before its time', async (t) => {
  const ran: number[] = []
  const throttle = new Throttle(60_000)
  await throttle.flush()
  for (const task of [1, 2]) throttle.run(async () => { await sleep(1); ran.push(task) })
  await throttle.flush()
  t.same(ran, [1, 2])
})

/** All verdicts are doubted by an event without a user, or by the message of another process. */
t.test('a flood of doubts of all verdicts has the effect of two, for this process and for the others', async (t) => {
  const [reported, sent]: string[][] = [[], []]
  let receive: ForgetListener = () => {}
  // Stores nothing, so that only its messages count.
  const sharedCache = {
    onForget: (listener: ForgetListener) => { receive = listener },
    forget: async (target: object, kind: string) => {
      sent!.push(`${kind} ${Object.keys(target)[0]}`)
      receive({ all: true }, 'doubt', true)
    },
    getOrLoad: async (_token: string, _maxAge: number, send: () => Promise<unknown>) => await send(),
    isForgotten: async () => true
  } as unknown as SharedCache
  let asked = 0
  const rules = { personalAccessTokens: true, customScopes: 'roles' } as const
  const introspector = new Introspector(async (_token, { onSend }) => {
    onSend()
    asked++
    return { active: true, sub: 'ada' }
  }, rules, { isEnabled: true, max: 100, maxBytes: 2 ** 26, ttl: 30, inactiveTtl: 5, refreshAhead: false, staleIfError: 0, onStale () {}, sharedCache, onForget: ({ kind, source, target }) => { reported!.push(`${kind} ${source} ${target}`) } }, systemClock)
  const flood = async (doubt: () => void): Promise<void> => {
    for (let event = 0; event < 10; event++) {
      doubt()
      await introspector.getVerdict('token')
    }
  }
  await introspector.getVerdict('token')
  await flood(() => introspector.doubt({ all: true }))
  t.equal(asked, 2)
  t.same(sent, ['doubt all'])
  introspector.doubt({ sub: 'ben' })
  t.same(sent, ['doubt all', 'doubt sub'], 'other doubts do not wait')
  await introspector.close()
  t.same(sent, ['doubt all', 'doubt sub', 'doubt all'], 'the one that waits is not lost when the server closes')
  await introspector.getVerdict('token')
  t.equal(asked, 3)
  t.same(reported!.splice(0), ['doubt event all', 'doubt event sub', 'doubt event all'])
  await flood(() => receive({ all: true }, 'doubt', false))
  t.equal(asked, 4)
  t.same(reported, ['doubt process all'])
  await sleep(250)
  await introspector.getVerdict('token')
  t.equal(asked, 5)
  t.same(reported, ['doubt process all', 'doubt process all'])
})
