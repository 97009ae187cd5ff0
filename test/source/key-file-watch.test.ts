import t, { type Test } from 'tap'
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { Gate } from '../fixtures/peer.ts'
import { readFingerprint, watchKeyFile } from '../../lib/source/key-file-watch.ts'

interface World { readonly file: string, readonly calls: () => number, readonly called: (call: number) => Promise<void>, readonly end: () => void }

/** A watched file that holds `first`, and what its watch calls. */
async function world (t: Test, replace: (call: number) => boolean | Promise<boolean> = () => true): Promise<World> {
  const file = join(t.testdir({ 'key.json': 'first' }), 'key.json')
  const gates: Gate[] = []
  const gate = (call: number): Gate => (gates[call] ??= new Gate())
  let calls = 0
  const end = watchKeyFile(file, await readFingerprint(file), async () => {
    gate(++calls).open()
    return await replace(calls)
  }, 2)
  t.teardown(end)
  return { file, end, calls: () => calls, called: async (call) => { await gate(call).opened } }
}

/** Long enough for many looks. */
const looks = async (): Promise<void> => { await setTimeout(100) }

// A watch keeps no process alive, which these tests wait in.
const alive = setInterval(() => {}, 1000)
t.teardown(() => clearInterval(alive))

t.test('a file that holds what is in use calls for nothing, however often it is written', async (t) => {
  const { file, calls } = await world(t)
  await writeFile(file, 'first')
  await looks()
  t.equal(calls(), 0)
})

t.test('other content is taken over once, and so is the older one when it comes back', async (t) => {
  const { file, calls, called } = await world(t)
  await writeFile(file, 'second')
  await called(1)
  await looks()
  t.equal(calls(), 1)
  await writeFile(file, 'first')
  await called(2)
})

t.test('what could not be taken over is tried again at each look, until it can', async (t) => {
  const { file, calls, called } = await world(t, (call) => call === 3)
  await writeFile(file, 'second')
  await called(3)
  await looks()
  t.equal(calls(), 3)
})

t.test('a secret that an orchestrator replaces by turning a symbolic link is seen', async (t) => {
  const directory = t.testdir({ first: { 'key.json': 'first' } })
  await symlink('first', join(directory, '..data'))
  await symlink(join('..data', 'key.json'), join(directory, 'key.json'))
  const file = join(directory, 'key.json')
  const seen = new Gate()
  t.teardown(watchKeyFile(file, await readFingerprint(file), async () => {
    seen.open()
    return true
  }, 2))
  await mkdir(join(directory, 'second'))
  await writeFile(join(directory, 'second', 'key.json'), 'second')
  await symlink('second', join(directory, '..data_tmp'))
  await rename(join(directory, '..data_tmp'), join(directory, '..data'))
  await seen.opened
})

t.test('a file that is gone for a while changes nothing', async (t) => {
  const { file, calls, called } = await world(t)
  await rm(file)
  await looks()
  await writeFile(file, 'first')
  await looks()
  t.equal(calls(), 0)
  await rm(file)
  await writeFile(file, 'second')
  await called(1)
})

t.test('one replacement at a time, and one that fails by throwing is tried again', async (t) => {
  const first = new Gate()
  const { file, calls, called } = await world(t, async (call) => {
    if (call === 1) await first.opened
    if (call === 2) throw new Error('broken')
    return true
  })
  await writeFile(file, 'second')
  await called(1)
  await looks()
  t.equal(calls(), 1)
  first.open()
  await writeFile(file, 'third')
  await called(3)
})

t.test('a look that is under way when the watch ends takes nothing over', async (t) => {
  const directory = t.testdir({ key: 'first' })
  const file = join(directory, 'key')
  const print = await readFingerprint(file)
  let calls = 0
  for (let time = 0; time < 50; time++) {
    await writeFile(file, 'second')
    const end = watchKeyFile(file, print, async () => ++calls > 0, 1)
    await setTimeout(1.5)
    const before = calls
    end()
    await setTimeout(5)
    t.equal(calls, before)
  }
})

t.test('an ended watch looks no more', async (t) => {
  const { file, calls, end } = await world(t)
  await writeFile(file, 'second')
  end()
  await looks()
  t.equal(calls(), 0)
})

t.test('the print of a file tells what it holds apart, and holds nothing of it', async (t) => {
  const directory = t.testdir({ one: 'secret', two: 'secret', three: 'other' })
  const [one, two, three, none] = await Promise.all(['one', 'two', 'three', 'four'].map((name) => readFingerprint(join(directory, name))))
  t.equal(one, two)
  t.not(one, three)
  t.match(one, /^[0-9a-f]{64}$/)
  t.equal(none, undefined)
})
