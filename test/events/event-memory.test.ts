import t from 'tap'
import { EventMemory } from '../../lib/events/event-memory.ts'
import type { ZitadelEvent } from '../../lib/events/event.ts'

function createEvent (sequence: number): ZitadelEvent {
  return { type: 'user.grant.added', instanceId: '1', aggregateType: 'usergrant', aggregateId: `grant ${sequence}`, sequence, payload: { userId: `user ${sequence}` } }
}

t.test('the last 20,000 deliveries and the users of the last 100,000 role assignments are remembered', async (t) => {
  const memory = new EventMemory(undefined)
  for (let sequence = 0; sequence <= 20_000; sequence++) memory.recordDelivery(createEvent(sequence), 0)
  t.notOk(memory.recordDelivery(createEvent(0), 0))
  t.ok(memory.recordDelivery(createEvent(20_000), 0))
  for (let sequence = 0; sequence <= 100_000; sequence++) memory.record(createEvent(sequence))
  t.equal(memory.getUserOfGrant('grant 0'), undefined)
  t.equal(memory.getUserOfGrant('grant 1'), 'user 1')
})

t.test('only the events about a login or a role assignment are remembered', async (t) => {
  const memory = new EventMemory(undefined)
  const login = { ...createEvent(1), aggregateType: 'oidc_session', aggregateId: 'login', payload: { sessionID: 'session', userID: 'user' } }
  memory.record({ ...login, type: 'oidc_session.removed' })
  t.equal(memory.getUserOfSession('session'), undefined)
  memory.record({ ...login, type: 'oidc_session.added' })
  t.equal(memory.getUserOfSession('session'), 'user')
  const recordAll = (aggregateType: string): number[] => [1, 4].map((sequence) => memory.record({ ...createEvent(sequence), aggregateType, aggregateId: aggregateType }))
  t.same(recordAll('user'), [0, 0])
  t.same(recordAll('usergrant'), [0, 2], 'the missed events of a role assignment are counted')
})
