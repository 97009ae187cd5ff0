import t from 'tap'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

interface Fleet { readonly processes: number, readonly tokens: number, readonly requests: number, readonly ttl: number, readonly sticky?: boolean, readonly refreshAhead?: boolean }
interface Estimate { readonly interval: number, readonly introspections: number, readonly memoryHitRatio: number, readonly deliveries: number }

const load = async (name: string): Promise<unknown> => await import(pathToFileURL(resolve('bench/capacity', name)).href)
// Plain JavaScript, because `npm run capacity` runs it uncompiled.
const { estimate } = await load('model.js') as { estimate: (fleet: Fleet) => Estimate }
const { EXAMPLES } = await load('scenarios.js') as { EXAMPLES: readonly Fleet[] }
const { formatEstimates } = await load('tables.js') as { formatEstimates: (results: object[]) => string }

t.test('the page has what the model estimates', async (t) => {
  const table = formatEstimates(EXAMPLES.map((fleet) => ({ fleet, estimated: estimate(fleet) })))
  t.ok(readFileSync('docs/capacity.md', 'utf8').includes(table), 'docs/capacity.md has the table of `npm run capacity`')
})

t.test('one process asks about each token once in its ttl, and about a busy one at 80 % of it', async (t) => {
  const fleet = { processes: 1, tokens: 100, requests: 100_000, ttl: 30 }
  t.match(Math.round(estimate({ ...fleet, refreshAhead: false }).interval), 30)
  t.match(Math.round(estimate(fleet).interval), 24)
  t.equal(Math.round(estimate({ ...fleet, processes: 4 }).interval), 19, 'a shared response counts as five seconds older')
})

t.test('there are never more introspections than requests', async (t) => {
  for (const processes of [1, 4]) {
    const { introspections, memoryHitRatio } = estimate({ processes, tokens: 1_000_000, requests: 10, ttl: 30 })
    t.ok(introspections <= 10)
    t.ok(memoryHitRatio >= 0 && memoryHitRatio < 0.01)
  }
})

t.test('without forgets, messages are for one process each', async (t) => {
  const fleet = { processes: 1000, tokens: 1000, requests: 1000, ttl: 30 }
  t.equal(estimate(fleet).deliveries, 1000)
})
