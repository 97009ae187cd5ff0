import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, relative, resolve, sep } from 'node:path'
import { Worker } from 'node:worker_threads'
import { COMPILED, ROOT } from './test-files.js'

const CONFIG = join(ROOT, 'test/tsconfig.json')
/** The hash of each source file that was compiled. */
const HASHES = join(ROOT, COMPILED, 'hashes.json')
/** What changes the output of all files. */
const SHARED_INPUTS = [CONFIG, join(ROOT, 'tsconfig.json'), join(ROOT, 'package-lock.json'), join(import.meta.dirname, 'compile-worker.js')]
/** Below this many files, a second thread costs more than it saves: each one loads TypeScript. */
const FILES_PER_THREAD = 20

/**
 * Compiles the tests, and what they import, to JavaScript: the files that have changed since the last time, side by side.
 * Types are not checked.
 *
 * @returns {Promise<boolean>} whether all files could be compiled
 */
export async function compileTests () {
  const shared = SHARED_INPUTS.map((path) => readFileSync(path, 'utf8')).join('')
  const before = readHashes()
  const hashes = Object.fromEntries(findSources().map((name) => [name, createHash('sha256').update(shared).update(readFileSync(join(ROOT, name))).digest('hex')]))
  for (const name of Object.keys(before)) if (!(name in hashes)) removeOutput(name)

  const changed = Object.keys(hashes).filter((name) => before[name] !== hashes[name])
  const threads = Math.min(availableParallelism(), Math.ceil(changed.length / FILES_PER_THREAD))
  const failed = (await Promise.all(Array.from({ length: threads }, async (_, index) =>
    await compileInThread(changed.filter((_name, position) => position % threads === index))))).flat()
  for (const { name, error } of failed) {
    delete hashes[name]
    console.error(error.trimEnd())
  }
  if (changed.length > 0 || Object.keys(before).length !== Object.keys(hashes).length) writeFileSync(HASHES, JSON.stringify(hashes))
  return failed.length === 0
}

/** The names of the source files from the root, with slashes. */
function findSources () {
  const { include, exclude } = JSON.parse(readFileSync(CONFIG, 'utf8'))
  const excluded = exclude.map((path) => resolve(CONFIG, '..', path) + sep)
  return include.flatMap((folder) => {
    const path = resolve(CONFIG, '..', folder)
    const names = readdirSync(path, { recursive: true, encoding: 'utf8' }).filter((name) => /(?<!\.d)\.ts$/.test(name) && !name.includes('node_modules'))
    return names.map((name) => join(path, name))
  }).filter((path) => !excluded.some((folder) => path.startsWith(folder))).map((path) => relative(ROOT, path).replaceAll('\\', '/'))
}

function readHashes () {
  try {
    return JSON.parse(readFileSync(HASHES, 'utf8'))
  } catch {
    // Nothing is known about what is there: a file without a source could be imported by mistake.
    rmSync(join(ROOT, COMPILED), { recursive: true, force: true })
    return {}
  }
}

function removeOutput (name) {
  for (const extension of ['js', 'js.map']) rmSync(join(ROOT, COMPILED, name.replace(/ts$/, extension)), { force: true })
}

/** Resolves with the names and the errors of the files that could not be compiled. */
async function compileInThread (names) {
  const worker = new Worker(new URL('compile-worker.js', import.meta.url), { workerData: { config: CONFIG, names } })
  return await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
}
