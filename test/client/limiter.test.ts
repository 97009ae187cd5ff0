import t, { type Test } from 'tap'
import { setTimeout } from 'node:timers/promises'
import { Deadline } from '../../lib/client/deadline.ts'
import { Limiter } from '../../lib/client/limiter.ts'
import type { Limits } from '../../lib/client/limits.ts'
import { ManualClock } from '../fixtures/clock.ts'
import { Gate } from '../fixtures/peer.ts'

interface Work { readonly deadline: Deadline, readonly end: () => Promise<void>, readonly result: Promise<unknown> }

interface Setup { readonly limiter: Limiter, readonly clock: ManualClock, readonly started: string[], readonly start: (name: string) => Work }

/** Starts work by name: `known ada 1` is for a known token of the subject ada. */
function setUp (limits: Limits): Setup {
  const clock = new ManualClock()
  const limiter = new Limiter(limits, 1500, clock)
  const started: string[] = []
  const start = (name: string): Work => {
    const gate = new Gate()
    const deadline = new Deadline()
    const result = limiter.run(name.startsWith('known'), name.split(' ')[1], deadline, async () => {
      started.push(name)
      await gate.opened
    })
    result.catch(() => {})
    return { deadline, result, end: async () => { gate.open(); await result } }
  }
  return { limiter, clock, started, start }
}

/** Resolves when everything that can start has started. */
const settled = async (): Promise<void> => await new Promise((resolve) => setImmediate(resolve))

function startMany (start: (name: string) => Work, name: string, count: number): Work[] {
  return Array.from({ length: count }, (_, index) => start(`${name} ${index}`))
}

const countKinds = (started: string[]): [known: number, unknown: number] => {
  const known = started.filter((name) => name.startsWith('known')).length
  return [known, started.length - known]
}

const createOverloadPattern = (message: string): { code: string, statusCode: number, headers: object, cause: object } => ({ code: 'FST_ZITADEL_UNAVAILABLE', statusCode: 503, headers: { 'retry-after': '1' }, cause: { message, canBeCausedByCaller: true } })
const FULL = createOverloadPattern('too many introspections are waiting already')
const FULL_FOR_SUBJECT = createOverloadPattern('too many introspections for one subject are waiting already')

const SHARES: Array<[concurrent: number, unknown: number]> = [[1, 1], [2, 1], [3, 2], [4, 3], [8, 6], [64, 48]]
for (const [concurrent, unknown] of SHARES) {
  t.test(`of ${concurrent} concurrent introspections, ${unknown} can be for unknown tokens`, async (t) => {
    const { started, start } = setUp({ concurrent, queue: 1000 })
    startMany(start, 'unknown', 100)
    await settled()
    t.same(countKinds(started), [0, unknown])
    startMany(start, 'known', 100)
    await settled()
    t.same(countKinds(started), [concurrent - unknown, unknown])
  })
}

const QUEUES: Array<[queue: number, unknown: number]> = [[0, 0], [1, 1], [2, 1], [4, 3], [100, 75]]
for (const [queue, unknown] of QUEUES) {
  t.test(`a queue of ${queue} takes ${unknown} unknown tokens, and rejects one more`, async (t) => {
    const { start } = setUp({ concurrent: 1, queue })
    start('unknown')
    const works = startMany(start, 'unknown', unknown)
    await t.rejects(start('unknown').result, FULL)
    startMany(start, 'known', queue - unknown)
    await t.rejects(start('known').result, FULL)
    if (works.length === 0) return
    works[0]!.deadline.emit('abort')
    start('known other')
    await t.rejects(start('known').result, FULL, 'an ended wait makes room for one')
  })
  t.test(`a queue of ${queue} takes ${unknown} known tokens, and the rest is kept for unknown ones`, async (t) => {
    const { start } = setUp({ concurrent: 1, queue })
    start('known')
    startMany(start, 'known', unknown)
    await t.rejects(start('known other').result, FULL)
    startMany(start, 'unknown', queue - unknown)
    await t.rejects(start('unknown').result, FULL)
  })
}

t.test('tokens of one kind start in the order of arrival', async (t) => {
  const { started, start } = setUp({ concurrent: 1, queue: 100 })
  const works = ['unknown 1', 'unknown 2', 'known 1', 'known 2'].map(start)
  for (const index of [0, 2, 3, 1]) await works[index]!.end()
  t.same(started, ['unknown 1', 'known 1', 'known 2', 'unknown 2'])
})

for (const concurrent of [1, 2, 8]) {
  t.test(`while known tokens keep ${concurrent} concurrent introspections busy, every third start is for an unknown token`, async (t) => {
    const { started, start } = setUp({ concurrent, queue: 1000 })
    const running = new Map<string, Work>()
    const run = (name: string): unknown => running.set(name, start(name))
    for (let index = 0; index < 100; index++) run(`known ${index}`)
    for (let index = 0; index < 10; index++) run(`unknown ${index}`)
    await settled()
    while (started.length < concurrent + 30) {
      await running.get(started[started.length - concurrent]!)!.end()
      await settled()
    }
    t.same(countKinds(started.slice(concurrent)), [20, 10])
  })
}

t.test('the subjects of known tokens are served alternately', async (t) => {
  const { started, start } = setUp({ concurrent: 1, queue: 100 })
  const running = start('unknown')
  const works = ['known ada 1', 'known ada 2', 'known ada 3', 'known bob 1', 'known eve 1', 'known bob 2'].map((name) => [name, start(name)] as const)
  await running.end()
  const byName = new Map(works)
  for (let count = 0; count < works.length; count++) {
    await settled()
    await byName.get(started.at(-1)!)!.end()
  }
  t.same(started, ['unknown', 'known ada 1', 'known bob 1', 'known eve 1', 'known ada 2', 'known bob 2', 'known ada 3'])
})

t.test('one subject can occupy a quarter of the queue', async (t) => {
  const { start } = setUp({ concurrent: 1, queue: 100 })
  start('unknown')
  const works = startMany(start, 'known ada', 25)
  await t.rejects(start('known ada').result, FULL_FOR_SUBJECT)
  startMany(start, 'known bob', 25)
  await t.rejects(start('known bob').result, FULL_FOR_SUBJECT)
  works[3]!.deadline.emit('abort')
  start('known ada')
  await t.rejects(start('known ada').result, FULL_FOR_SUBJECT)
})

t.test('if the queue is full, the first work of the subject with the most makes room for another subject', async (t) => {
  const { started, start } = setUp({ concurrent: 1, queue: 100 })
  const running = start('unknown')
  const works = ['ada', 'bob', 'eve'].flatMap((subject) => startMany(start, `known ${subject}`, 25))
  const last = ['known carl', 'known dan', 'known carl'].map(start)
  for (const work of [works[0]!, works[25]!, works[50]!]) await t.rejects(work.result, FULL_FOR_SUBJECT)
  await t.rejects(start('known ada').result, FULL)
  startMany(start, 'unknown', 25)
  start('known fay')
  await t.rejects(works[1]!.result, FULL_FOR_SUBJECT)
  await t.rejects(start('unknown').result, FULL, 'unknown tokens have no subject')
  await running.end()
  await settled()
  t.equal(started.at(-1), 'known ada 2')
  for (const { deadline } of [...works, ...last]) deadline.emit('abort')
})

t.test('work whose deadline passes in the queue never starts', async (t) => {
  const { started, start } = setUp({ concurrent: 1, queue: 100 })
  const first = start('unknown 1')
  start('unknown 2').deadline.emit('abort')
  start('known 1').deadline.emit('abort')
  start('unknown 3')
  await first.end()
  await settled()
  t.same(started, ['unknown 1', 'unknown 3'])
})

t.test('work that could start after more than half of the time is rejected, and later work starts', async (t) => {
  const { clock, started, start } = setUp({ concurrent: 1, queue: 100 })
  const first = start('unknown 1')
  const late = [start('unknown 2'), start('known 1')]
  clock.advance(0.001)
  start('unknown 3')
  clock.advance(1.499)
  await first.end()
  for (const { result } of late) await t.rejects(result, createOverloadPattern('waited too long in the queue'))
  t.same(started, ['unknown 1', 'unknown 3'])
})

t.test('work that does not end frees its place at its deadline, once', async (t) => {
  const { started, start } = setUp({ concurrent: 2, queue: 100 })
  const stuck = start('unknown 1')
  const waiting = ['unknown 2', 'unknown 3', 'known 1', 'known 2'].map(start)
  await settled()
  t.same(started, ['unknown 1', 'known 1'])
  stuck.deadline.emit('abort')
  await settled()
  t.same(started, ['unknown 1', 'known 1', 'known 2'])
  await stuck.end()
  await settled()
  t.same(started, ['unknown 1', 'known 1', 'known 2'], 'its end frees nothing more')
  await waiting[2]!.end()
  await waiting[3]!.end()
  await settled()
  t.same(started.slice(3), ['unknown 2'])
})

t.test('work that fails frees its place', async (t) => {
  const { limiter } = setUp({ concurrent: 1, queue: 0 })
  const deadline = new Deadline()
  await t.rejects(limiter.run(false, undefined, deadline, async () => { throw new Error('broken') }), { message: 'broken' })
  t.equal(await limiter.run(false, undefined, deadline, async () => 'done'), 'done')
})

/** Runs work that ends at once, so that only the allowance of a second can prevent it. */
async function tryBrief ({ limiter }: Setup, known = false): Promise<boolean> {
  const deadline = new Deadline()
  let hasRun = false
  limiter.run(known, undefined, deadline, async () => { hasRun = true }).catch(() => {})
  await settled()
  deadline.emit('abort')
  return hasRun
}

async function countBurst (setup: Setup, known: boolean): Promise<number> {
  let count = 0
  while (await tryBrief(setup, known)) count++
  return count
}

const RATES: Array<[perSecond: number, unknown: number, known: number]> = [[1, 1, 0], [1.5, 1, 0], [2, 1, 1], [2.5, 1, 1], [4, 3, 1], [7.9, 6, 1], [8, 6, 2], [50, 38, 12]]
for (const [perSecond, unknown, known] of RATES) {
  t.test(`of ${perSecond} per second, unknown tokens leave ${known} to known ones`, async (t) => {
    const setup = setUp({ concurrent: 64, queue: 0, perSecond })
    t.equal(await countBurst(setup, false), unknown)
    t.equal(await countBurst(setup, true), known)
    setup.clock.advance(3600)
    t.equal(await countBurst(setup, true), Math.floor(perSecond), 'at most the allowance of one second is saved')
  })
}

t.test('a fraction of a second gives a fraction of the allowance', async (t) => {
  const setup = setUp({ concurrent: 64, queue: 0, perSecond: 2.5 })
  t.equal(await countBurst(setup, true), 2)
  let count = 0
  for (let tenth = 0; tenth < 100; tenth++) {
    setup.clock.advance(0.1)
    count += await countBurst(setup, true)
  }
  t.equal(count, 25)
})

t.test('a second request of running work counts as well', async (t) => {
  const setup = setUp({ concurrent: 64, queue: 0, perSecond: 8 })
  for (let time = 0; time < 6; time++) setup.limiter.consume()
  t.equal(await countBurst(setup, true), 2)
})

/** Advances the clock, and waits until the limiter's timer has started work. */
async function startedAfter (t: Test, { clock, started }: Setup, seconds: number, count: number): Promise<void> {
  clock.advance(seconds)
  while (started.length < count) await setTimeout(1)
  t.equal(started.length, count)
}

t.test('a timer starts the queue when the allowance is back, known tokens first', async (t) => {
  const setup = setUp({ concurrent: 1000, queue: 100, perSecond: 100 })
  startMany(setup.start, 'known', 100)
  await settled()
  setup.start('unknown')
  setup.start('known 1')
  setup.start('known 2')
  await startedAfter(t, setup, 0.011, 101)
  await startedAfter(t, setup, 0.011, 102)
  await startedAfter(t, setup, 0.011, 103)
  t.same(setup.started.slice(100), ['known 1', 'known 2', 'unknown'])
})

t.test('while known tokens use up the allowance, every third start is for an unknown token', async (t) => {
  const setup = setUp({ concurrent: 1000, queue: 100, perSecond: 10 })
  startMany(setup.start, 'known', 10)
  startMany(setup.start, 'unknown', 20)
  for (let count = 1; count <= 12; count++) {
    setup.start(`known more ${count}`)
    setup.clock.advance(0.1)
    setup.start(`known even more ${count}`)
  }
  await settled()
  t.same(countKinds(setup.started.slice(10)), [8, 4])
})

for (const [waits, comes] of [['unknown 1', 'unknown 2'], ['known 1', 'known 2'], ['known 1', 'unknown 2']] as const) {
  t.test(`${comes} does not start before ${waits}, which is in the queue`, async (t) => {
    const setup = setUp({ concurrent: 64, queue: 100, perSecond: 1 })
    setup.start('unknown used')
    setup.start(waits)
    setup.clock.advance(1)
    setup.start(comes)
    await settled()
    t.same(setup.started, ['unknown used', waits])
    setup.clock.advance(1)
    setup.start('known 3')
    await settled()
    t.equal(setup.started.at(-1), comes.startsWith('known') ? comes : 'known 3', 'a known token starts before unknown ones')
  })
}

t.test('an unknown token in the queue does not start with what is kept for known ones when other work ends', async (t) => {
  const { started, start } = setUp({ concurrent: 64, queue: 100, perSecond: 4 })
  const works = startMany(start, 'unknown', 4)
  await settled()
  t.equal(started.length, 3)
  await works[0]!.end()
  await settled()
  t.equal(started.length, 3)
  start('known')
  await settled()
  t.equal(started.at(-1), 'known')
})

t.test('the timer waits no longer than a known token in the queue must, and keeps no process alive', async (t) => {
  const countTimers = (): number => process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length
  const before = countTimers()
  const { clock, started, start } = setUp({ concurrent: 64, queue: 100, perSecond: 20 })
  startMany(start, 'known', 20)
  start('unknown')
  start('known last')
  await settled()
  t.equal(countTimers(), before)
  clock.advance(0.05)
  // A known token is due after 50 ms, an unknown one after 300 ms.
  await setTimeout(100)
  t.equal(started.at(-1), 'known last')
})

t.test('one timer serves the whole queue, and only when the allowance is back', async (t) => {
  const setup = setUp({ concurrent: 1000, queue: 1000, perSecond: 10 })
  startMany(setup.start, 'known', 10)
  startMany(setup.start, 'unknown', 100)
  await settled()
  let reads = 0
  const { monotonic } = setup.clock
  Object.assign(setup.clock, { monotonic: () => { reads++; return monotonic() } })
  await setTimeout(500)
  t.ok(reads < 20, `${reads} reads of the clock`)
})
