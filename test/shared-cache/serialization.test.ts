import t from 'tap'
import { deserializeResponse, serializeResponse } from '../../lib/shared-cache/serialization.ts'
import { ManualClock } from '../fixtures/clock.ts'

const response = { active: true, sub: 'ada' }

t.test('a response is written with the wall time at which ZITADEL was asked', async (t) => {
  const clock = new ManualClock()
  const wall = clock.wall()
  const askedAt = clock.monotonic() - 0.4
  clock.advance(2)
  t.same(JSON.parse(serializeResponse({ response, askedAt }, clock)), [wall - 1, response])
})

t.test('a response is as old as the clocks say, and five seconds more', async (t) => {
  const clock = new ManualClock()
  const text = serializeResponse({ response, askedAt: clock.monotonic() }, clock)
  const askedAtWall = clock.wall()
  t.same(deserializeResponse(text, 1, clock), { response, askedAt: clock.monotonic() - 5000, askedAtWall })
  clock.advance(10)
  t.same(deserializeResponse(text, 10_001, clock), { response, askedAt: clock.monotonic() - 15_000, askedAtWall })
  t.equal(deserializeResponse(text, 10_000, clock), undefined, 'too old')
  clock.jump(-10.001)
  t.equal(deserializeResponse(text, 10_000, clock), undefined, 'from the future')
})

t.test('what is no active response is not read', async (t) => {
  const clock = new ManualClock()
  const now = clock.wall()
  for (const value of [[now, { active: false }], [now, {}], [now, null], [now, 'text'], [String(now), response], [null, response], []]) t.equal(deserializeResponse(JSON.stringify(value), Infinity, clock), undefined, JSON.stringify(value))
  t.equal(deserializeResponse(undefined, Infinity, clock), undefined)
  t.match(deserializeResponse(JSON.stringify([now, response]), Infinity, clock), { response })
})
