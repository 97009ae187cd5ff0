import t from 'tap'
import { Deadline, DeadlineExceededError, withDeadline } from '../../lib/client/deadline.ts'

/** The running timers of this process. */
const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length

t.test('work that ends in time leaves no timer behind, whether it fails or not', async (t) => {
  const before = timers()
  t.equal(await withDeadline(60_000, async () => 'done'), 'done')
  t.equal(timers(), before)
  await t.rejects(withDeadline(60_000, async () => { throw new Error('down') }), { message: 'down' })
  t.equal(timers(), before)
})

t.test('a deadline emits abort once, and the result of late work is ignored', async (t) => {
  const aborted: boolean[] = []
  const work = withDeadline(1, async (deadline) => {
    t.notOk(deadline.aborted)
    return await new Promise((resolve) => {
      deadline.on('abort', () => {
        aborted.push(deadline.aborted)
        resolve('late')
      })
    })
  })
  t.ok(await work.catch((error: unknown) => error) instanceof DeadlineExceededError)
  t.same(aborted, [true])
})

t.test('an AbortSignal of a deadline aborts with it, and is aborted if the deadline has passed', async (t) => {
  const deadline = new Deadline()
  const signal = deadline.toAbortSignal()
  t.ok(signal instanceof AbortSignal)
  t.notOk(signal.aborted)
  let count = 0
  deadline.on('abort', () => count++)
  deadline.abort()
  deadline.abort()
  t.equal(count, 1)
  t.ok(signal.aborted)
  t.ok(deadline.toAbortSignal().aborted)
})
