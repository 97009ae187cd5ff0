import { mkdirSync, writeFileSync } from 'node:fs'
import { Session } from 'node:inspector'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { COMPILED, ROOT } from './test-files.js'

/** Where processes write what they have covered, from the root. */
export const COVERAGE = 'build/coverage'
const LIB = pathToFileURL(join(ROOT, COMPILED, 'lib/')).href

/** Measures which parts of lib this process runs, if the variable MEASURE_COVERAGE is set. Its child processes do not. */
export function startCoverage () {
  if (process.env.MEASURE_COVERAGE === undefined) return
  delete process.env.MEASURE_COVERAGE
  const session = new Session()
  session.connect()
  session.post('Profiler.enable')
  session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  process.on('exit', () => session.post('Profiler.takePreciseCoverage', (error, coverage) => {
    if (error) throw error
    // The rest is large, and the report would leave it out.
    const result = coverage.result.filter(({ url }) => url.startsWith(LIB))
    mkdirSync(join(ROOT, COVERAGE), { recursive: true })
    writeFileSync(join(ROOT, COVERAGE, `coverage-${process.pid}.json`), JSON.stringify({ result }))
  }))
}
