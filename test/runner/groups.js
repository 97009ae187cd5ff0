import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export const ROOT = join(import.meta.dirname, '../..')
/** Where `tsc --project test` writes to, from the root. */
export const COMPILED = 'build/compiled'

/** What a file does that other files of its process would notice. */
const SHARED_STATE = /^t\.(?:before|after|beforeEach|afterEach|jobs|setTimeout|plan)\b|\bprocess\.(?:on|once|env|exit|chdir|emitWarning)\b|\bglobalThis\b|\basync_hooks\b/m

// Tests that wait for real time, start processes or try many inputs, and those of the stand-in: `npm run test:quick` leaves
// them out.
const SLOW = /^test\/(?:cli|end-to-end|process-exit|properties|shared-cache|testing)\/|\/(?:breaker-option|browser|cache-bounds|cache-memory|close|flood|key-rotation|recovery|retry|stale-if-error|timeout)\.test\.ts$/

/** @param {string} name */
export const isSlow = (name) => SLOW.test(name)

/**
 * @typedef {object} TestFile
 * @property {string} name from the root, with slashes
 * @property {boolean} needsRedis
 * @property {boolean} runsAlone
 */

/** @returns {TestFile[]} */
export function findTests () {
  const paths = readdirSync(join(ROOT, 'test'), { recursive: true, encoding: 'utf8' })
  const names = paths.filter((path) => path.endsWith('.test.ts') && !path.includes('node_modules')).map((path) => `test/${path.replaceAll('\\', '/')}`)
  return names.sort().map((name) => {
    const text = readFileSync(join(ROOT, name), 'utf8')
    return { name, needsRedis: text.includes('needsRedis'), runsAlone: SHARED_STATE.test(text) }
  })
}

/**
 * Writes a module for each process. To start one and to load Fastify and tap costs more than the tests of most files, so
 * only a file that must run alone has its own.
 * @param {TestFile[]} tests
 * @param {number} jobs how many processes run at the same time
 * @returns {string[]} the modules, from the root, those that take longest first
 */
export function writeGroups (tests, jobs) {
  const directory = `${COMPILED}/groups`
  rmSync(join(ROOT, directory), { recursive: true, force: true })
  mkdirSync(join(ROOT, directory), { recursive: true })
  let count = 0
  const write = (label, files) => {
    // tap sorts its files by name.
    const module = `${directory}/${String(++count).padStart(2, '0')}-${label}.js`
    const lines = files.map(({ name }) => `  '${name}': () => import('../${name.replace(/ts$/, 'js')}')`)
    writeFileSync(join(ROOT, module), `import { runFiles } from '../../../test/runner/run-files.js'\n\nawait runFiles({\n${lines.join(',\n')}\n})\n`)
    return module
  }
  const alone = tests.filter(({ runsAlone }) => runsAlone)
  const slow = tests.filter(({ name, runsAlone }) => !runsAlone && isSlow(name))
  const others = tests.filter(({ name, runsAlone }) => !runsAlone && !isSlow(name))
  return [
    // Twice as many, because slow files differ most in how long they take.
    ...deal(slow, 2 * jobs).map((files) => write('slow', files)),
    ...alone.map((test) => write(test.name.slice('test/'.length, -'.test.ts'.length).replaceAll('/', '-'), [test])),
    ...deal(others, jobs).map((files) => write('fast', files))
  ]
}

/**
 * Neighbours, which take about equally long, come into different groups.
 * @param {TestFile[]} tests
 * @param {number} count
 */
function deal (tests, count) {
  const groups = Array.from({ length: Math.min(count, tests.length) }, () => /** @type {TestFile[]} */ ([]))
  for (const [index, test] of tests.entries()) groups[index % count].push(test)
  return groups
}
