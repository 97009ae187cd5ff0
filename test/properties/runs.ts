import * as fc from 'fast-check'
import { appendFileSync } from 'node:fs'

/** The number of inputs of a property: some in `npm test`, more in `npm run test:fuzz`. */
const numRuns = Number(process.env['FUZZ_RUNS'] ?? 1000)
const tally = process.env['FUZZ_TALLY']

/** Checks a property, and counts its runs. */
export function holds<T> (property: fc.IProperty<T>): void {
  fc.assert(property, { numRuns })
  if (tally !== undefined) appendFileSync(tally, `${numRuns}\n`)
}
