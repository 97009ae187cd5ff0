import t from 'tap'
import { Flights, wasForgotten, type Flight } from '../../lib/verdicts/pending-introspections.ts'
import type { Verdict } from '../../lib/verdicts/verdict.ts'
import { Gate } from '../fixtures/peer.ts'

const verdict = (askedAt: number): Verdict => ({ granted: undefined, why: '', askedAt, expiresAt: Infinity, sub: 'ada', jti: '1', uses: 0, doubted: false })
const all = (): boolean => true

/** A flight that lands when it is told to. */
function flying (flights: Flights, key = 'key'): { flight: Flight, land: () => Promise<unknown> } {
  const gate = new Gate()
  const flight = flights.launch(key, 0, async () => {
    await gate.opened
    return verdict(0)
  })
  return { flight, land: async () => { gate.open(); await flight.verdict } }
}

t.test('the latest of a token can be joined until it has landed', async (t) => {
  const flights = new Flights()
  const first = flying(flights)
  t.equal(flights.latest('key'), first.flight)
  t.equal(flights.latest('other'), undefined)
  const second = flying(flights)
  await first.land()
  t.equal(flights.latest('key'), second.flight, 'an older one that lands takes nobody out of the air')
  await second.land()
  t.equal(flights.latest('key'), undefined)
})

t.test('who is in the air hears of what is forgotten, and nobody keeps who has landed', async (t) => {
  const flights = new Flights()
  const [landed, flown] = [flying(flights), flying(flights)]
  await landed.land()
  flights.forget(all, 7)
  t.same(landed.flight.forgotten, [])
  t.same(flown.flight.forgotten, [{ matches: all, at: 7, askedOnly: false }])
})

t.test('what fails leaves the air too', async (t) => {
  const flights = new Flights()
  const { verdict } = flights.launch('key', 0, async () => { throw new Error('down') })
  await t.rejects(verdict, { message: 'down' })
  t.equal(flights.latest('key'), undefined)
})

t.test('forgotten is what was asked for until that moment, and is meant', async (t) => {
  const flight = (matches: () => boolean, at: number, askedOnly = false, sentAt: number | undefined = 5): Flight =>
    ({ verdict: Promise.resolve(verdict(5)), maxAge: 0, sentAt, forgotten: [{ matches, at, askedOnly }] })
  const forgotten = (given: Flight): boolean => wasForgotten(given, verdict(5), 'key')
  t.ok(forgotten(flight(all, 5)), 'in the same millisecond')
  t.ok(forgotten(flight(all, 6)))
  t.notOk(forgotten(flight(all, 4)))
  t.notOk(forgotten(flight(() => false, 6)))
  t.ok(forgotten(flight(all, 6, true)), 'ZITADEL itself was asked')
  const fromFleet = { ...flight(all, 6, true), sentAt: undefined }
  t.notOk(forgotten(fromFleet), 'what the fleet says was held against what was forgotten')
  t.ok(forgotten({ ...fromFleet, forgotten: [{ matches: all, at: 6, askedOnly: false }] }))
})
