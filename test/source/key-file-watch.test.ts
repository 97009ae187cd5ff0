import t, { type Test } from 'tap'
import { rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { mountSecret } from '../fixtures/mounted-secret.ts'
import { Gate } from '../fixtures/peer.ts'
import { KeyFileWatch, readFingerprint } from '../../lib/source/key-file-watch.ts'

interface Watch { readonly file: string, readonly calls: () => number, readonly changed: () => number, readonly restored: () => number, readonly called: (call: number) => Promise<void>, readonly watch: KeyFileWatch<{ ok: boolean }> }

/** Starts the watch of a file with the content `first`. */
async function startWatch (t: Test, replace: (call: number) => boolean | Promise<boolean> = () => true, interval = 2): Promise<Watch> {
  const file = join(t.testdir({ 'key.json': 'first' }), 'key.json')
  const gates: Gate[] = []
  const gate = (call: number): Gate => (gates[call] ??= new Gate())
  let calls = 0
  let changed = 0
  let restored = 0
  const watch = new KeyFileWatch(file, await readFingerprint(file), {
    replace: async () => {
      gate(++calls).open()
      return { ok: await replace(calls) }
    },
    onChanged: () => { changed++ },
    onRestored: () => { restored++ }
  }, interval)
  t.teardown(() => { watch.end() })
  return { file, watch, calls: () => calls, changed: () => changed, restored: () => restored, called: async (call) => { await gate(call).opened } }
}

/** Writes a file that is polled: no poll finds it empty. */
async function put (file: string, content: string): Promise<void> {
  await writeFile(`${file}.new`, content)
  await rename(`${file}.new`, file)
}

/** Resolves after many polls. */
const poll = async (): Promise<void> => { await setTimeout(60) }

// A watch does not keep the process running, in which these tests wait.
const alive = setInterval(() => {}, 1000)
t.teardown(() => clearInterval(alive))

t.test('a file that is written with the same content is not replaced', async (t) => {
  const { file, calls } = await startWatch(t)
  await put(file, 'first')
  await poll()
  t.equal(calls(), 0)
})

t.test('other content is used once, and so is the older content if it returns', async (t) => {
  const { file, calls, called } = await startWatch(t)
  await put(file, 'second')
  await called(1)
  await poll()
  t.equal(calls(), 1)
  await put(file, 'first')
  await called(2)
})

t.test('content that could not be used is tried again at each poll, until it can be used', async (t) => {
  const { file, calls, called } = await startWatch(t, (call) => call === 3)
  await put(file, 'second')
  await called(3)
  await poll()
  t.equal(calls(), 3)
})

t.test('the end of a fault is reported once: the file has the content in use again', async (t) => {
  const { file, calls, called, restored } = await startWatch(t, () => false)
  await put(file, 'second')
  await called(2)
  t.equal(restored(), 0)
  await put(file, 'first')
  await poll()
  t.equal(restored(), 1)
  const before = calls()
  await rm(file)
  await called(before + 1)
  await put(file, 'first')
  await poll()
  t.equal(restored(), 2, 'after the file was missing')
})

t.test('each change after a failure is reported once, before the next content is used', async (t) => {
  const changes: number[] = []
  const { file, calls, called, changed, watch } = await startWatch(t, () => {
    changes.push(changed())
    return false
  })
  await put(file, 'second')
  await called(3)
  t.equal(changed(), 0)
  await put(file, 'third')
  const before = calls()
  await called(before + 3)
  t.same([changes[0], changes.at(-1), changed()], [0, 1, 1])
  await rm(file)
  await poll()
  t.equal(changed(), 2)
  await put(file, 'fourth')
  await watch.replace()
  t.same([changes.at(-1), changed()], [3, 3])
})

t.test('what a replacement between two polls has read counts as in use', async (t) => {
  const { file, calls, called, restored, watch } = await startWatch(t, () => true, 300)
  await put(file, 'second')
  t.same(await watch.replace(), { ok: true })
  await setTimeout(400)
  t.equal(calls(), 1, 'no poll replaces it by itself')
  await put(file, 'first')
  await called(2)
  t.equal(restored(), 0, 'the content at the start is not in use any more')
})

t.test('a failed replacement by the content in use is no fault of the file', async (t) => {
  const { watch, restored } = await startWatch(t, () => false)
  t.same(await watch.replace(), { ok: false })
  await poll()
  t.equal(restored(), 0)
})

t.test('a failed replacement between two polls is a fault, whose end is reported', async (t) => {
  const { file, watch, restored } = await startWatch(t, () => false, 40)
  await put(file, 'second')
  t.same(await watch.replace(), { ok: false })
  await put(file, 'first')
  await poll()
  t.equal(restored(), 1)
})

t.test('content that changes while it is read is read again', async (t) => {
  const { file, called } = await startWatch(t, async (call) => {
    if (call === 1) await put(file, 'third')
    return true
  })
  await put(file, 'second')
  await called(2)
})

t.test('a secret that an orchestrator replaces by a symbolic link is detected', async (t) => {
  const { file, replace } = await mountSecret(t.testdir({}), 'first')
  const seen = new Gate()
  const watch = new KeyFileWatch(file, await readFingerprint(file), { replace: async () => { seen.open(); return { ok: true } }, onChanged: () => {}, onRestored: () => {} }, 2)
  t.teardown(() => { watch.end() })
  await replace('second')
  await seen.opened
})

t.test('a file that is missing while it is replaced changes nothing', async (t) => {
  const { file, calls, called } = await startWatch(t, undefined, 15)
  await rm(file)
  await put(file, 'first')
  await poll()
  t.equal(calls(), 0)
  await rm(file)
  await put(file, 'second')
  await called(1)
})

t.test('a file that stays missing is read once more, so that this is reported, and is used when it is back', async (t) => {
  const { file, calls, called } = await startWatch(t, (call) => call > 1)
  await rm(file)
  await called(1)
  await poll()
  t.equal(calls(), 1)
  await put(file, 'second')
  await called(2)
})

t.test('replacements run one at a time, and one that throws is tried again', async (t) => {
  const first = new Gate()
  const { file, calls, called } = await startWatch(t, async (call) => {
    if (call === 1) await first.opened
    if (call === 2) throw new Error('broken')
    return true
  })
  await put(file, 'second')
  await called(1)
  await poll()
  t.equal(calls(), 1)
  first.open()
  await put(file, 'third')
  await called(3)
})

t.test('a poll that is running when the watch ends replaces nothing', async (t) => {
  const directory = t.testdir({ key: 'first' })
  const file = join(directory, 'key')
  const print = await readFingerprint(file)
  let calls = 0
  for (let time = 0; time < 25; time++) {
    await put(file, 'second')
    const watch = new KeyFileWatch(file, print, { replace: async () => ({ ok: ++calls > 0 }), onChanged: () => {}, onRestored: () => {} }, 1)
    await setTimeout(1.5)
    const before = calls
    watch.end()
    await setTimeout(5)
    t.equal(calls, before)
  }
})

t.test('a watch keeps no process alive', async (t) => {
  const countTimers = (): number => process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length
  const before = countTimers()
  const watch = new KeyFileWatch('missing', undefined, { replace: async () => ({ ok: true }), onChanged: () => {}, onRestored: () => {} }, 60_000)
  t.teardown(() => { watch.end() })
  t.equal(countTimers(), before)
})

t.test('a watch that has ended does not poll', async (t) => {
  const { file, calls, watch } = await startWatch(t)
  await put(file, 'second')
  watch.end()
  await poll()
  t.equal(calls(), 0)
})

t.test('the fingerprint of a file identifies its content and does not contain it', async (t) => {
  const directory = t.testdir({ one: 'secret', two: 'secret', three: 'other' })
  const [one, two, three, none] = await Promise.all(['one', 'two', 'three', 'four'].map((name) => readFingerprint(join(directory, name))))
  t.equal(one, two)
  t.not(one, three)
  t.match(one, /^[0-9a-f]{64}$/)
  t.equal(none, undefined)
})
