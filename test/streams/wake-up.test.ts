import t from 'tap'
import { getMinSleep, WakeUp } from '../../lib/streams/wake-up.ts'

t.test('checks are 100 ms apart, and more with many tokens, up to a second', async (t) => {
  for (const [tokens, sleep] of [[0, 100], [1, 100], [1000, 100], [5000, 500], [10_000, 1000], [100_000, 1000]] as const) t.equal(getMinSleep(tokens), sleep, `${tokens} tokens`)
})

/** Resolves after the timers that are due within so many milliseconds. */
async function pass (milliseconds: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds))
}

t.test('the earliest time counts, once', async (t) => {
  let calls = 0
  const wakeUp = new WakeUp(() => { calls++ })
  wakeUp.schedule(60_000, 1000)
  wakeUp.schedule(5, 1000)
  wakeUp.schedule(5, 1000)
  wakeUp.schedule(60_000, 1000)
  await pass(20)
  t.equal(calls, 1)
  wakeUp.schedule(0, 1005)
  await pass(20)
  t.equal(calls, 1, 'not again before it is cleared')
  wakeUp.clear()
  wakeUp.schedule(1, 1005)
  await pass(20)
  t.equal(calls, 2)
})

t.test('a time before the one that was scheduled replaces its timer', async (t) => {
  let calls = 0
  const wakeUp = new WakeUp(() => { calls++ })
  wakeUp.schedule(30, 1000)
  wakeUp.schedule(5, 1000)
  await pass(60)
  t.equal(calls, 1)
})

t.test('nothing happens after it is cleared', async (t) => {
  let calls = 0
  const wakeUp = new WakeUp(() => { calls++ })
  wakeUp.schedule(1, 1000)
  wakeUp.clear()
  await pass(20)
  t.equal(calls, 0)
})

t.test('a time in the past is due at once, without a warning', async (t) => {
  const names: string[] = []
  const collect = ({ name }: Error): void => { names.push(name) }
  process.addListener('warning', collect)
  let calls = 0
  new WakeUp(() => { calls++ }).schedule(-1000, 1000)
  await pass(20)
  process.removeListener('warning', collect)
  t.equal(calls, 1)
  t.notOk(names.includes('TimeoutNegativeWarning'))
})
