import t from 'tap'
import { PendingIntrospections, isForgotten, type PendingIntrospection } from '../../lib/verdicts/pending-introspections.ts'
import type { Verdict } from '../../lib/verdicts/verdict.ts'
import { Gate } from '../fixtures/peer.ts'

const verdict = (askedAt: number): Verdict => ({ granted: undefined, reason: undefined, askedAt, expiresAt: Infinity, sub: 'ada', jti: '1', hits: 0, isUnconfirmed: false })
const all = (): boolean => true

/** A flight that lands when it is told to. */
function startPending (flights: PendingIntrospections, key = 'key'): { flight: PendingIntrospection, settle: () => Promise<unknown> } {
  const gate = new Gate()
  const flight = flights.start(key, 0, async () => {
    await gate.opened
    return verdict(0)
  })
  return { flight, settle: async () => { gate.open(); await flight.verdict } }
}

t.test('the latest of a token can be joined until it has landed', async (t) => {
  const flights = new PendingIntrospections()
  const first = startPending(flights)
  t.equal(flights.getLatest('key'), first.flight)
  t.equal(flights.getLatest('other'), undefined)
  const second = startPending(flights)
  await first.settle()
  t.equal(flights.getLatest('key'), second.flight, 'an older one that lands takes nobody out of the air')
  await second.settle()
  t.equal(flights.getLatest('key'), undefined)
})

t.test('who is in the air hears of what is forgotten, and nobody keeps who has landed', async (t) => {
  const flights = new PendingIntrospections()
  const [landed, flown] = [startPending(flights), startPending(flights)]
  await landed.settle()
  flights.forget(all, 7)
  t.same(landed.flight.forgotten, [])
  t.same(flown.flight.forgotten, [{ matches: all, at: 7, exceptShared: false }])
})

t.test('what fails leaves the air too', async (t) => {
  const flights = new PendingIntrospections()
  const { verdict } = flights.start('key', 0, async () => { throw new Error('down') })
  await t.rejects(verdict, { message: 'down' })
  t.equal(flights.getLatest('key'), undefined)
})

t.test('forgotten is what was asked for until that moment, and is meant', async (t) => {
  const flight = (matches: () => boolean, at: number, exceptShared = false, sentAt: number | undefined = 5): PendingIntrospection =>
    ({ verdict: Promise.resolve(verdict(5)), maxAge: 0, sentAt, forgotten: [{ matches, at, exceptShared }] })
  const forgotten = (given: PendingIntrospection): boolean => isForgotten(given, verdict(5), 'key')
  t.ok(forgotten(flight(all, 5)), 'in the same millisecond')
  t.ok(forgotten(flight(all, 6)))
  t.notOk(forgotten(flight(all, 4)))
  t.notOk(forgotten(flight(() => false, 6)))
  t.ok(forgotten(flight(all, 6, true)), 'ZITADEL itself was asked')
  const fromFleet = { ...flight(all, 6, true), sentAt: undefined }
  t.notOk(forgotten(fromFleet), 'what the fleet says was held against what was forgotten')
  t.ok(forgotten({ ...fromFleet, forgotten: [{ matches: all, at: 6, exceptShared: false }] }))
})
