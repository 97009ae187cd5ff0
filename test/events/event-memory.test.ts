import t from 'tap'
import { EventMemory } from '../../lib/events/event-memory.ts'
import type { ZitadelEvent } from '../../lib/events/event.ts'

function createEvent (sequence: number): ZitadelEvent {
  return { type: 'user.grant.added', instanceId: '1', aggregateType: 'usergrant', aggregateId: `grant ${sequence}`, sequence, payload: { userId: `user ${sequence}` } }
}

t.test('the last 20,000 deliveries and the users of the last 100,000 role assignments are remembered', async (t) => {
  const memory = new EventMemory(undefined)
  for (let sequence = 0; sequence <= 20_000; sequence++) memory.isReplay(createEvent(sequence), 0)
  t.notOk(memory.isReplay(createEvent(0), 0))
  t.ok(memory.isReplay(createEvent(20_000), 0))
  for (let sequence = 0; sequence <= 100_000; sequence++) memory.record(createEvent(sequence))
  t.equal(memory.getUserOfGrant('grant 0'), undefined)
  t.equal(memory.getUserOfGrant('grant 1'), 'user 1')
})
