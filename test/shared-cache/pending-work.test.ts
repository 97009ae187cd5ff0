import t from 'tap'
import { PendingWork } from '../../lib/shared-cache/pending-work.ts'
import { Gate } from '../fixtures/peer.ts'

t.test('settle() waits for the work that was tracked before, also if it fails, and for no later work', async (t) => {
  const pending = new PendingWork()
  await pending.settle()
  const [first, second, later] = [new Gate(), new Gate(), new Gate()]
  const works = [pending.track(first.opened.then(() => 'result')), t.rejects(pending.track(second.opened.then(() => { throw new Error('broken') })))]
  let hasSettled = false
  const settled = pending.settle().then(() => { hasSettled = true })
  const last = pending.track(later.opened)
  first.open()
  t.equal(await works[0], 'result')
  t.notOk(hasSettled)
  second.open()
  await Promise.all([works[1], settled])
  later.open()
  await last
  await pending.settle()
})
