// Loaded into each process of a test file: writes which mutants its code reached.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

const directory = process.env.MUTATION_COVERAGE
process.on('exit', () => {
  const reached = globalThis.__stryker__?.mutantCoverage?.static
  if (reached !== undefined) writeFileSync(join(directory, `${process.pid}.json`), JSON.stringify(Object.keys(reached)))
})
