import t, { type Test } from 'tap'
import { setTimeout } from 'node:timers/promises'
import { Deadline } from '../../lib/client/deadline.ts'
import { Limiter, type Limits } from '../../lib/client/limiter.ts'
import { ManualClock } from '../fixtures/clock.ts'
import { Gate } from '../fixtures/peer.ts'

interface Work { readonly deadline: Deadline, readonly end: () => Promise<void>, readonly result: Promise<unknown> }

interface World { readonly limiter: Limiter, readonly clock: ManualClock, readonly started: string[], readonly start: (name: string) => Work }

/** Work by name: what begins with `known` is for a token that was active a moment ago. */
function world (limits: Limits): World {
  const clock = new ManualClock()
  const limiter = new Limiter(limits, 1500, clock)
  const started: string[] = []
  const start = (name: string): Work => {
    const gate = new Gate()
    const deadline = new Deadline()
    const result = limiter.run(name.startsWith('known'), deadline, async () => {
      started.push(name)
      await gate.opened
    })
    result.catch(() => {})
    return { deadline, result, end: async () => { gate.open(); await result } }
  }
  return { limiter, clock, started, start }
}

/** Until everything that can start by now has. */
const settled = async (): Promise<void> => await new Promise((resolve) => setImmediate(resolve))

function many (start: (name: string) => Work, name: string, count: number): Work[] {
  return Array.from({ length: count }, (_, index) => start(`${name} ${index}`))
}

const counts = (started: string[]): [known: number, strangers: number] => {
  const known = started.filter((name) => name.startsWith('known')).length
  return [known, started.length - known]
}

const SHARES: Array<[concurrent: number, strangers: number]> = [[1, 1], [2, 1], [3, 2], [4, 3], [8, 6], [64, 48]]
for (const [concurrent, strangers] of SHARES) {
  t.test(`of ${concurrent} at once, strangers have ${strangers}`, async (t) => {
    const { started, start } = world({ concurrent, queue: 1000 })
    const works = many(start, 'stranger', 100)
    await settled()
    t.same(counts(started), [0, strangers])
    many(start, 'known', 100)
    await settled()
    t.same(counts(started), [concurrent - strangers, strangers])
    await works[0]!.end()
    await settled()
    t.same(counts(started), [concurrent - strangers + 1, strangers], 'and those who are known go first')
  })
}

const QUEUES: Array<[queue: number, strangers: number]> = [[0, 0], [1, 1], [2, 1], [4, 3], [100, 75]]
for (const [queue, strangers] of QUEUES) {
  t.test(`of ${queue} that wait, ${strangers} may be strangers; one more is sent away`, async (t) => {
    const { start } = world({ concurrent: 1, queue })
    start('stranger')
    const works = many(start, 'stranger', strangers)
    const error = { code: 'FST_ZITADEL_UNAVAILABLE', statusCode: 503, headers: { 'retry-after': '1' }, cause: { message: 'too many introspections are waiting already', canBeCausedByCaller: true } }
    await t.rejects(start('stranger').result, error)
    many(start, 'known', queue - strangers)
    await t.rejects(start('known').result, error)
    if (works.length === 0) return
    works[0]!.deadline.emit('abort')
    start('known')
    await t.rejects(start('known').result, error, 'who is gone has made room for one')
  })
}

t.test('first come, first served', async (t) => {
  const { started, start } = world({ concurrent: 1, queue: 100 })
  const works = ['stranger 1', 'stranger 2', 'known 1', 'known 2'].map(start)
  for (const index of [0, 2, 3, 1]) await works[index]!.end()
  t.same(started, ['stranger 1', 'known 1', 'known 2', 'stranger 2'])
})

t.test('who went away while he waited never starts', async (t) => {
  const { started, start } = world({ concurrent: 1, queue: 100 })
  const first = start('stranger 1')
  start('stranger 2').deadline.emit('abort')
  start('known 1').deadline.emit('abort')
  start('stranger 3')
  await first.end()
  await settled()
  t.same(started, ['stranger 1', 'stranger 3'])
})

t.test('a turn that comes after half of the time is of no use, and goes to those who came later', async (t) => {
  const { clock, started, start } = world({ concurrent: 1, queue: 100 })
  const first = start('stranger 1')
  const late = [start('stranger 2'), start('known 1')]
  clock.advance(0.001)
  start('stranger 3')
  clock.advance(1.499)
  await first.end()
  const error = { code: 'FST_ZITADEL_UNAVAILABLE', statusCode: 503, headers: { 'retry-after': '1' }, cause: { message: 'the turn to ask ZITADEL came too late', canBeCausedByCaller: true } }
  for (const { result } of late) await t.rejects(result, error)
  t.same(started, ['stranger 1', 'stranger 3'])
})

t.test('work that does not end gives its place back when its time is over, and only once', async (t) => {
  const { started, start } = world({ concurrent: 2, queue: 100 })
  const stuck = start('stranger 1')
  const waiting = ['stranger 2', 'stranger 3', 'known 1', 'known 2'].map(start)
  await settled()
  t.same(started, ['stranger 1', 'known 1'])
  stuck.deadline.emit('abort')
  await settled()
  t.same(started, ['stranger 1', 'known 1', 'known 2'])
  await stuck.end()
  await settled()
  t.same(started, ['stranger 1', 'known 1', 'known 2'], 'its end frees nothing more')
  await waiting[2]!.end()
  await waiting[3]!.end()
  await settled()
  t.same(started.slice(3), ['stranger 2'])
})

t.test('work that fails gives its place back too', async (t) => {
  const { limiter } = world({ concurrent: 1, queue: 0 })
  const deadline = new Deadline()
  await t.rejects(limiter.run(false, deadline, async () => { throw new Error('broken') }), { message: 'broken' })
  t.equal(await limiter.run(false, deadline, async () => 'done'), 'done')
})

/** Ends at once, so that only the allowance holds it back. */
async function brief ({ limiter }: World, known = false): Promise<boolean> {
  const deadline = new Deadline()
  let hasRun = false
  limiter.run(known, deadline, async () => { hasRun = true }).catch(() => {})
  await settled()
  deadline.emit('abort')
  return hasRun
}

async function burst (world: World, known: boolean): Promise<number> {
  let count = 0
  while (await brief(world, known)) count++
  return count
}

const RATES: Array<[perSecond: number, strangers: number, known: number]> = [[1, 1, 0], [1.5, 1, 0], [2, 1, 1], [2.5, 1, 1], [4, 3, 1], [7.9, 6, 1], [8, 6, 2], [50, 38, 12]]
for (const [perSecond, strangers, known] of RATES) {
  t.test(`of ${perSecond} a second, strangers leave ${known} to those who are known`, async (t) => {
    const one = world({ concurrent: 64, queue: 0, perSecond })
    t.equal(await burst(one, false), strangers)
    t.equal(await burst(one, true), known)
    one.clock.advance(3600)
    t.equal(await burst(one, true), Math.floor(perSecond), 'no more than a second is saved up')
  })
}

t.test('a fraction of a second gives a fraction of the allowance', async (t) => {
  const one = world({ concurrent: 64, queue: 0, perSecond: 2.5 })
  t.equal(await burst(one, true), 2)
  let count = 0
  for (let tenth = 0; tenth < 100; tenth++) {
    one.clock.advance(0.1)
    count += await burst(one, true)
  }
  t.equal(count, 25)
})

t.test('a second question of the same turn counts as well', async (t) => {
  const one = world({ concurrent: 64, queue: 0, perSecond: 8 })
  for (let time = 0; time < 6; time++) one.limiter.consume()
  t.equal(await burst(one, true), 2)
})

/** Time passes by the clock at once, and the real one wakes up whoever waits. */
async function startedAfter (t: Test, { clock, started }: World, seconds: number, count: number): Promise<void> {
  clock.advance(seconds)
  while (started.length < count) await setTimeout(1)
  t.equal(started.length, count)
}

t.test('who waits for the allowance is woken by time alone, in the order of his right', async (t) => {
  const one = world({ concurrent: 1000, queue: 100, perSecond: 100 })
  many(one.start, 'known used', 100)
  await settled()
  one.start('stranger')
  one.start('known 1')
  one.start('known 2')
  await startedAfter(t, one, 0.011, 101)
  await startedAfter(t, one, 0.011, 102)
  await startedAfter(t, one, 0.26, 103)
  t.same(one.started.slice(100), ['known 1', 'known 2', 'stranger'])
})

for (const [waits, comes] of [['stranger 1', 'stranger 2'], ['known 1', 'known 2'], ['known 1', 'stranger 2']] as const) {
  t.test(`${comes} does not overtake ${waits}, who waits, though his turn could come at once`, async (t) => {
    const one = world({ concurrent: 64, queue: 100, perSecond: 1 })
    one.start('stranger used')
    one.start(waits)
    one.clock.advance(1)
    one.start(comes)
    await settled()
    t.same(one.started, ['stranger used', waits])
    one.clock.advance(1)
    one.start('known 3')
    await settled()
    t.equal(one.started.at(-1), comes.startsWith('known') ? comes : 'known 3', 'but who is known goes before strangers')
  })
}

t.test('those who wait for the allowance are looked after once for all, when it is back and not before', async (t) => {
  const one = world({ concurrent: 1000, queue: 1000, perSecond: 10 })
  many(one.start, 'known', 10)
  many(one.start, 'stranger', 100)
  await settled()
  let looks = 0
  const { monotonic } = one.clock
  Object.assign(one.clock, { monotonic: () => { looks++; return monotonic() } })
  await setTimeout(500)
  t.ok(looks < 20, `${looks} looks`)
})
