import { writeFile } from 'node:fs/promises'
import { measureHitInProcess } from './hit-in-process.js'
import { measureHitOverSockets } from './hit-over-sockets.js'
import { measureIntrospection } from './introspection.js'
import { measureMemory } from './memory.js'
import { countPromises } from './promises.js'
import { drawChart } from './chart.js'
import { createProgress } from '../test/runner/progress.js'
import { startContestants } from './parts/contestant-processes.js'
import { startProcess } from './parts/processes.js'
import { formatReadme } from './readme.js'
import { countIntrospections } from './stampede.js'

// npm run bench [-- --quick]: all measurements in one run; the results go to bench/README.md and bench/chart.svg.

const quick = process.argv.includes('--quick')
const effort = quick
  ? { rounds: 3, slices: 12, slice: 15, socketRounds: 2, callRounds: 8, calls: 50, verdicts: 20_000, randomTokens: 50_000 }
  : { rounds: 5, slices: 30, slice: 20, socketRounds: 5, callRounds: 25, calls: 200, verdicts: 100_000, randomTokens: 1_000_000 }

/** The measurements, and the part of the whole time that each takes. */
const MEASUREMENTS = [
  ['hits in process', measureHitInProcess, 0.18],
  ['promises', countPromises, 0.01],
  ['hits over sockets', measureHitOverSockets, 0.71],
  ['introspection', measureIntrospection, 0.05],
  ['stampede', countIntrospections, 0.02],
  ['memory', measureMemory, 0.03]
]
const start = performance.now()
const progress = createProgress('bench')

const server = await startProcess('authority.js')
const authority = await server.ask('facts')
const started = await startContestants(authority)
const answers = []

try {
  let done = 0
  for (const [title, measure, part] of MEASUREMENTS) {
    const update = (share) => progress.update(done + share * part, title)
    update(0)
    // No other processes run beside an introspection.
    if (measure === measureIntrospection) await started.stop()
    answers.push(await measure({ ...effort, started, authority, server, progress: update }))
    done += part
  }
} finally {
  progress.end()
  await started.stop()
  await server.stop()
}

const [, , sockets, introspected] = answers
const minutes = ((performance.now() - start) / 60_000).toFixed(1)
const text = formatReadme({ answers, missing: started.missing, quick, minutes })
await writeFile(new URL('README.md', import.meta.url), text)
await writeFile(new URL('chart.svg', import.meta.url), drawChart([
  { title: 'Requests per second and core on a hit', note: 'as a ratio to plain Fastify with the same header; more is better', bars: sockets.bars, most: 1.1 },
  { title: 'One introspection, uncached, p50', note: 'as a ratio to a raw undici POST; less is better', bars: introspected.bars, most: 8 }
]))
console.log(text)
console.error('Written to bench/README.md and bench/chart.svg')
