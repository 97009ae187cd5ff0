import t from 'tap'
import { once } from 'node:events'
import type { MemoryReport } from '../fixtures/cache-memory-process.ts'
import { forkFixture } from '../fixtures/fork-fixture.ts'

// Some seconds of work for a process of its own, which a loaded machine takes its time for.
t.setTimeout(120_000)

t.test('300 tokens with 700 KiB of metadata take less than 120 MB beside 10,000 ordinary ones, and evict none', { timeout: 120_000 }, async (t) => {
  const child = forkFixture('cache-memory-process', [], { execArgv: [...process.execArgv, '--expose-gc'] })
  t.teardown(() => { child.kill() })
  const [{ ordinary, all, displaced, disabled }] = await once(child, 'message') as [MemoryReport]
  t.comment(`${(ordinary / 1e6).toFixed(1)} MB with 10,000 ordinary tokens, ${(all / 1e6).toFixed(1)} MB with 300 more of 700 KiB`)
  t.equal(displaced, 0)
  t.ok(all < 120e6, String(all))
  t.ok(all - ordinary < 30e6, 'a quarter of 96 MiB')
  t.ok(disabled < 2e6, `cache: false keeps nothing: ${disabled}`)
})
