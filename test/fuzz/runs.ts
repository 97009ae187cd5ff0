import type { Parameters } from 'fast-check'

/** How many inputs a property is tried with: seconds' worth in `npm test`, a million in all under `npm run test:fuzz`. */
export const runs: Parameters<unknown> = { numRuns: Number(process.env['FUZZ_RUNS'] ?? 1000) }
