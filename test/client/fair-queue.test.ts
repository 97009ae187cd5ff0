import t from 'tap'
import { FairQueue } from '../../lib/client/fair-queue.ts'

t.test('subjects are served alternately, and the entries of one subject keep their order', async (t) => {
  const queue = new FairQueue<string>()
  for (const entry of ['a1', 'a2', 'a3', 'b1', 'c1', 'b2']) queue.add(entry[0], entry)
  t.equal(queue.size, 6)
  t.same([queue.count('a'), queue.count('b'), queue.count('none')], [3, 2, 0])
  t.same([queue.shift(), queue.shift()], ['a1', 'b1'])
  queue.add('d', 'd1')
  t.same(Array.from({ length: 6 }, () => queue.shift()), ['c1', 'a2', 'b2', 'd1', 'a3', undefined])
  t.equal(queue.size, 0)
})

t.test('an entry can be deleted, and a second deletion changes nothing', async (t) => {
  const queue = new FairQueue<string>()
  for (const entry of ['a1', 'a2', 'b1']) queue.add(entry[0], entry)
  for (const entry of ['a1', 'a1', 'b1', 'b1', 'c1']) queue.delete(entry[0], entry)
  t.equal(queue.size, 1)
  t.same([queue.shift(), queue.shift()], ['a2', undefined])
})
