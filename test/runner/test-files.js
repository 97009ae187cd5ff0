import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

export const ROOT = join(import.meta.dirname, '../..')
/** Where compiled tests are written, from the root. */
export const COMPILED = 'build/compiled'

/** What a file does that other files of its process would notice. */
const SHARED_STATE = /^t\.(?:before|after|beforeEach|afterEach|jobs|setTimeout|plan)\b|\bprocess\.(?:on|once|env|exit|chdir|emitWarning)\b|\bglobalThis\b|\basync_hooks\b/m

// Tests that wait for real time, start processes, generate keys, compile or try many inputs, and those of the stand-in:
// `npm run test:quick` leaves them out.
const SLOW = /^test\/(?:architecture|cli|end-to-end|examples|process-exit|properties|shared-cache|testing)\/|\/(?:application-key|assertion-provider|assertion-replay|behaviour|breaker-option|browser|cache-bounds|cache-memory|close|connection-pool|docs-pages|drop-queue|fleet|flood|key|key-rotation|logout-route|opentelemetry|processes|proxy|recovery|response-validation|retry|single-flight|stale-if-error|timeout|wrong-values)\.test\.ts$/

/**
 * @typedef {object} TestFile
 * @property {string} name from the root, with slashes
 * @property {boolean} needsRedis
 * @property {boolean} isSlow
 * @property {boolean} runsAlone whether it has a process of its own
 */

/** @returns {TestFile[]} */
export function findTests () {
  const paths = readdirSync(join(ROOT, 'test'), { recursive: true, encoding: 'utf8' })
  const names = paths.filter((path) => path.endsWith('.test.ts') && !path.includes('node_modules')).map((path) => `test/${path.replaceAll('\\', '/')}`)
  return names.sort().map((name) => {
    const text = readFileSync(join(ROOT, name), 'utf8')
    const runsAlone = SHARED_STATE.test(text)
    // To start a process and to load Fastify takes a second of the CPU.
    return { name, needsRedis: text.includes('needsRedis'), isSlow: runsAlone || SLOW.test(name), runsAlone }
  })
}
