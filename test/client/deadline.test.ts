import t from 'tap'
import { DeadlineExceededError, withDeadline } from '../../lib/client/deadline.ts'

/** Timers that are running in this process. */
const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length

t.test('work that ends in time leaves no timer behind, however it ends', async (t) => {
  const before = timers()
  t.equal(await withDeadline(60_000, async () => 'done'), 'done')
  t.equal(timers(), before)
  await t.rejects(withDeadline(60_000, async () => { throw new Error('down') }), { message: 'down' })
  t.equal(timers(), before)
})

t.test('work whose time is over is told, once, and what it comes to is nobody’s', async (t) => {
  const told: boolean[] = []
  const work = withDeadline(1, async (deadline) => {
    t.notOk(deadline.aborted)
    return await new Promise((resolve) => {
      deadline.on('abort', () => {
        told.push(deadline.aborted)
        resolve('late')
      })
    })
  })
  t.ok(await work.catch((error: unknown) => error) instanceof DeadlineExceededError)
  t.same(told, [true])
})
