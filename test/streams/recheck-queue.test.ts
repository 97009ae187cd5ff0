import t from 'tap'
import { RecheckQueue } from '../../lib/streams/recheck-queue.ts'
import type { WatchedToken } from '../../lib/streams/watched-token.ts'

interface World {
  readonly queue: RecheckQueue
  /** Ends a recheck. */
  readonly running: Map<string, () => void>
  readonly add: (...names: string[]) => WatchedToken[]
  isBusy: boolean
}

function create (): World {
  const running = new Map<string, () => void>()
  const recheck = async ({ key }: WatchedToken): Promise<void> => {
    await new Promise<void>((resolve) => { running.set(key, resolve) })
    running.delete(key)
  }
  const queue = new RecheckQueue(recheck, () => world.isBusy)
  const add = (...names: string[]): WatchedToken[] => names.map((key) => {
    const watched = { key, isRechecking: false } as WatchedToken
    queue.add(watched)
    return watched
  })
  const world: World = { queue, running, add, isBusy: false }
  return world
}

const turn = async (): Promise<void> => await new Promise(setImmediate)
const letters = [...'abcdefghijkl']

t.test('eight rechecks run at the same time, in the order in which they were added, and the others when one ends', async (t) => {
  const { add, running } = create()
  const watched = add(...letters)
  t.ok(watched.every(({ isRechecking }) => isRechecking), 'also while they wait')
  t.equal(running.size, 0, 'not in the same turn')
  await turn()
  t.same([...running.keys()], letters.slice(0, 8))
  running.get('c')!()
  running.get('d')!()
  await turn()
  await turn()
  t.same([...running.keys()], [...'abefghij'])
})

t.test('while requests wait, one recheck runs', async (t) => {
  const world = create()
  world.isBusy = true
  world.add('a', 'b')
  await turn()
  t.same([...world.running.keys()], ['a'])
  world.running.get('a')!()
  await turn()
  await turn()
  t.same([...world.running.keys()], ['b'])
})

t.test('a recheck that was deleted or cleared does not run', async (t) => {
  const { queue, add, running } = create()
  const [, b] = add('a', 'b', 'c')
  queue.delete(b!)
  await turn()
  t.same([...running.keys()], ['a', 'c'])
  add('d')
  queue.clear()
  await turn()
  t.same([...running.keys()], ['a', 'c'])
  add('e')
  await turn()
  t.same([...running.keys()], ['a', 'c', 'e'])
})
