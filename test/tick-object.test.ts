import t from 'tap'
import { createHook } from 'node:async_hooks'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { keepTickObject } from '../lib/tick-object.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** Returns weak references to the objects that calls of `process.nextTick()` create meanwhile. */
async function watchTickObjects (run: () => unknown): Promise<Array<WeakRef<object>>> {
  const created: Array<WeakRef<object>> = []
  const hook = createHook({ init: (_id, type, _trigger, resource) => { if (type === 'TickObject') created.push(new WeakRef(resource)) } })
  hook.enable()
  await run()
  hook.disable()
  await new Promise((resolve) => { setImmediate(resolve) })
  return created
}

async function countKept (objects: Array<WeakRef<object>>): Promise<number> {
  await new Promise((resolve) => { setImmediate(resolve) })
  collectGarbage()
  return objects.filter((object) => object.deref() !== undefined).length
}

t.test('one object of process.nextTick() stays in memory, so that V8 keeps its hidden class', async (t) => {
  const kept = await watchTickObjects(keepTickObject)
  const other = await watchTickObjects(() => process.nextTick(() => {}))
  t.same([kept.length, await countKept(kept)], [1, 1])
  t.same([other.length, await countKept(other)], [1, 0])
})

t.test('the plugin keeps one when it is imported', async (t) => {
  const objects = await watchTickObjects(async () => await import('../lib/plugin.ts'))
  t.equal(await countKept(objects), 1)
})
