import t from 'tap'
import { PendingIntrospections, type PendingIntrospection } from '../../lib/verdicts/pending-introspections.ts'
import type { Verdict } from '../../lib/verdicts/verdict.ts'
import { createIntrospectedVerdict } from '../fixtures/verdict.ts'
import { Gate } from '../fixtures/peer.ts'

const verdict = (askedAt: number, claims: object = {}): Verdict => createIntrospectedVerdict({ active: false, sub: 'ada', jti: 'V2_1-at_2', ...claims }, askedAt)

/** An introspection that the test settles. */
function startPending (introspections: PendingIntrospections, now: number, key = 'key'): { pending: PendingIntrospection, settle: () => Promise<unknown> } {
  const gate = new Gate()
  const pending = introspections.start(key, 0, now, async () => {
    await gate.opened
    return verdict(0)
  })
  return { pending, settle: async () => { gate.open(); await pending.verdict } }
}

t.test('the latest introspection of a token can be joined until it has settled', async (t) => {
  const introspections = new PendingIntrospections()
  const first = startPending(introspections, 0)
  t.equal(introspections.getLatest('key'), first.pending)
  t.equal(introspections.getLatest('other'), undefined)
  const second = startPending(introspections, 0)
  await first.settle()
  t.equal(introspections.getLatest('key'), second.pending, 'an older one that settles does not remove a younger one')
  await second.settle()
  t.equal(introspections.getLatest('key'), undefined)
})

t.test('a failed introspection cannot be joined', async (t) => {
  const introspections = new PendingIntrospections()
  const { verdict } = introspections.start('key', 0, 0, async () => { throw new Error('down') })
  await t.rejects(verdict, { message: 'down' })
  t.equal(introspections.getLatest('key'), undefined)
})

t.test('a verdict in flight is found by each of its names, and by none that it lacks', async (t) => {
  for (const target of [{ all: true }, { key: 'key' }, { key: 'other', jti: 'V2_1-at_2' }, { sub: 'ada' }, { jti: 'V2_1-at_2' }, { session: 'V2_1' }] as const) {
    const introspections = new PendingIntrospections()
    const { pending } = startPending(introspections, 0)
    introspections.record(target, 'forget', 5)
    t.equal(introspections.find(pending, verdict(5), 'key'), 'forget', JSON.stringify(target))
  }
  const introspections = new PendingIntrospections()
  const { pending } = startPending(introspections, 0)
  for (const target of [{ key: 'other' }, { key: 'ada' }, { sub: 'V2_1-at_2' }, { jti: 'ada' }, { jti: 'V2_1' }, { session: 'V2' }]) introspections.record(target, 'forget', 5)
  t.equal(introspections.find(pending, verdict(5), 'key'), undefined)
})

t.test('an introspection that was sent after a forget, or started after it, is not found', async (t) => {
  const introspections = new PendingIntrospections()
  const { pending } = startPending(introspections, 0)
  introspections.record({ sub: 'ada' }, 'forget', 5)
  t.equal(introspections.find(pending, verdict(5), 'key'), 'forget', 'in the same millisecond')
  t.equal(introspections.find(pending, verdict(6), 'key'), undefined)
  t.equal(introspections.find(startPending(introspections, 6).pending, verdict(4), 'key'), undefined, 'the shared cache has compared it with the forget')
})

t.test('within one tick of the clock, the order of the sending and the forget counts', async (t) => {
  const introspections = new PendingIntrospections()
  const [before, after] = [startPending(introspections, 5).pending, startPending(introspections, 5, 'other').pending]
  introspections.markSent(before, 5)
  introspections.record({ sub: 'ada' }, 'forget', 5)
  introspections.recordGap()
  introspections.markSent(after, 5)
  introspections.markSent(before, 6)
  t.equal(before.sentAt, 5, 'the first of several attempts counts')
  t.same([before, after].map((pending) => introspections.find(pending, verdict(5), 'key')), ['forget', undefined])
  t.same([before, after].map((pending) => introspections.hadGap(pending)), [true, false])
})

t.test('a forget is stronger than a doubt, in any order', async (t) => {
  for (const kinds of [['forget', 'doubt'], ['doubt', 'forget']] as const) {
    const introspections = new PendingIntrospections()
    const { pending } = startPending(introspections, 0)
    introspections.record({ sub: 'ada' }, kinds[0], 5)
    introspections.record({ sub: 'ada' }, kinds[1], 6)
    t.equal(introspections.find(pending, verdict(5), 'key'), 'forget')
    t.equal(introspections.find(pending, verdict(6), 'key'), 'forget')
    const other = new PendingIntrospections()
    const started = startPending(other, 0)
    other.record({ sub: 'ada' }, kinds[0], 5)
    other.record({ jti: 'V2_1-at_2' }, kinds[1], 5)
    t.equal(other.find(started.pending, verdict(5), 'key'), 'forget')
    t.equal(other.find(started.pending, verdict(5, { jti: kinds[0] === 'doubt' ? undefined : 'V2_1-at_2', sub: kinds[0] === 'doubt' ? 'ada' : undefined }), 'key'), 'doubt')
  }
})

t.test('a forget is kept as long as an introspection that it can apply to is in flight', async (t) => {
  const introspections = new PendingIntrospections()
  introspections.record({ sub: 'ada' }, 'forget', 5)
  const first = startPending(introspections, 5)
  t.equal(introspections.find(first.pending, verdict(5), 'key'), undefined, 'nothing was in flight')
  introspections.record({ sub: 'ada' }, 'forget', 6)
  const second = startPending(introspections, 7)
  introspections.record({ sub: 'ben' }, 'forget', 8)
  await first.settle()
  t.equal(introspections.find(first.pending, verdict(5), 'key'), undefined, 'dropped')
  t.equal(introspections.find(second.pending, verdict(5, { sub: 'ben' }), 'key'), 'forget')
  await second.settle()
  t.equal(introspections.find(second.pending, verdict(5, { sub: 'ben' }), 'key'), undefined)
})
