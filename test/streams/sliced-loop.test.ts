import t from 'tap'
import { setImmediate as turn } from 'node:timers/promises'
import { SLICE_SIZE, SlicedLoop } from '../../lib/streams/sliced-loop.ts'

t.test('a thousand items are done in a turn', async (t) => {
  const done: number[] = []
  const slices = new SlicedLoop<number>((item) => { done.push(item) })
  const items = Array.from({ length: 2 * SLICE_SIZE + 1 }, (_, index) => index)
  slices.start(items)
  for (const expected of [SLICE_SIZE, 2 * SLICE_SIZE, items.length, items.length]) {
    t.equal(done.length, expected)
    await turn()
  }
  t.same(done, items)
})

t.test('a second start begins again, and does no more in a turn', async (t) => {
  const done: string[] = []
  const slices = new SlicedLoop<string>((item) => { done.push(item) })
  const count = (): number[] => ['a', 'b'].map((item) => done.filter((one) => one === item).length)
  slices.start(new Array<string>(3 * SLICE_SIZE).fill('a'))
  slices.start(new Array<string>(3 * SLICE_SIZE).fill('b'))
  for (const turns of [1, 2, 3, 3]) {
    t.same(count(), [SLICE_SIZE, turns * SLICE_SIZE])
    await turn()
  }
})
