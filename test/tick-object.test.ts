import t from 'tap'
import { createHook } from 'node:async_hooks'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { keepTickObject } from '../lib/tick-object.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** Returns a weak reference to the object that a call of `process.nextTick()` creates. */
async function watchTickObject (callNextTick: () => void): Promise<WeakRef<object>> {
  const created: Array<WeakRef<object>> = []
  const hook = createHook({ init: (_id, type, _trigger, resource) => { if (type === 'TickObject') created.push(new WeakRef(resource)) } })
  hook.enable()
  callNextTick()
  hook.disable()
  await new Promise((resolve) => { setImmediate(resolve) })
  return created[0]!
}

t.test('one object of process.nextTick() stays in memory, so that V8 keeps its hidden class', async (t) => {
  const kept = await watchTickObject(keepTickObject)
  const other = await watchTickObject(() => process.nextTick(() => {}))
  await new Promise((resolve) => { setImmediate(resolve) })
  collectGarbage()
  t.ok(kept.deref())
  t.equal(other.deref(), undefined)
})
