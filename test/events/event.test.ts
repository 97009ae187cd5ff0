import t from 'tap'
import { parseEvent } from '../../lib/events/event.ts'
import { EventMemory } from '../../lib/events/event-memory.ts'
import { findRecorded } from '../fixtures/recorded-events.ts'

const locked = findRecorded('user.locked')
const parse = (body: unknown): ReturnType<typeof parseEvent> => parseEvent(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)))
const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

t.test('an event is read from JSON, and from a JWT around it', async (t) => {
  const expected = { instanceId: '401241598421109798', aggregateId: '401242392587406374', aggregateType: 'user', sequence: 6, type: 'user.locked', payload: {} }
  t.same(parse(locked), expected)
  t.same(parse(`${encode({ alg: 'RS256' })}.${encode(locked)}.signature\n`), expected)
})

t.test('other bodies are no events', async (t) => {
  for (const body of ['', 'null', '[]', '5', '"x"', '{', 'a.b.c', 'a.b.c.d.e', `${encode({})}.${encode(locked)}.x.y`, `x.${encode({})}.${encode(locked)}.x`, `${encode({})}.${encode(locked)}.`, `${encode({})}.${encode([])}.x`]) t.equal(parse(body), undefined, body)
  for (const member of ['instanceID', 'aggregateID', 'aggregateType', 'event_type', 'sequence']) {
    for (const value of [undefined, null, '', [], {}, true, '6', 'x'.repeat(201), 6.5, -0.5, 1e300]) {
      if (value === '6' && member !== 'sequence') continue
      t.equal(parse({ ...locked, [member]: value }), undefined, `${member} ${JSON.stringify(value)}`)
    }
  }
})

t.test('the instance is that of the first valid event, unless the option names one', async (t) => {
  const event = parse(locked)!
  const other = parse({ ...locked, instanceID: 'other' })!
  const learning = new EventMemory(undefined)
  t.same([event, other, event].map((each) => learning.recordInstance(each)), [false, true, false])
  const memory = new EventMemory('other')
  t.same([event, other].map((each) => memory.recordInstance(each)), [true, false])
})

t.test('a repeated event is a replay while its signature could be valid', async (t) => {
  const memory = new EventMemory(undefined)
  const event = parse(locked)!
  t.equal(memory.recordDelivery(event, 0), false)
  t.equal(memory.recordDelivery({ ...event }, 600_000), true)
  for (const other of [{ sequence: 7 }, { aggregateId: 'x' }, { aggregateType: 'x' }, { instanceId: 'x' }]) t.equal(memory.recordDelivery({ ...event, ...other }, 600_000), false)
  t.equal(memory.recordDelivery(event, 1_200_001), false)
})

t.test('missing numbers of a role assignment are counted', async (t) => {
  const memory = new EventMemory(undefined)
  const record = (sequence: number, type = 'user.grant.changed'): number => memory.record(parse(findRecorded(type, { sequence }))!)
  t.equal(record(3), 0, 'what was before the first is not known')
  t.equal(record(4), 0)
  t.equal(record(8), 3)
  t.equal(record(6), 0, 'late, not missed')
  t.equal(record(9), 0)
  t.equal(memory.record(parse({ ...locked, sequence: 90 })!), 0, 'other aggregates have events that are not subscribed to')
})

t.test('a text of 200 characters is one that an event can have', async (t) => {
  t.equal(parse({ ...locked, aggregateID: 'x'.repeat(200) })!.aggregateId, 'x'.repeat(200))
})

t.test('the user of a session is known from events of sessions that name one', async (t) => {
  const memory = new EventMemory(undefined)
  const event = parse(locked)!
  memory.record({ ...event, type: 'user.locked', aggregateId: '1', payload: { userID: 'ada' } })
  t.equal(memory.getUserOfSession('1'), undefined)
  memory.record({ ...event, type: 'session.user.checked', aggregateId: '1', payload: { userID: 'ada' } })
  memory.record({ ...event, type: 'session.user.checked', aggregateId: '1', payload: {} })
  t.equal(memory.getUserOfSession('1'), 'ada')
})
