// The mutants, in a compiled copy of lib and test: each is behind a switch, and an environment variable selects one.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { ROOT } from '../runner/test-files.js'

/** At the depth of `build/compiled`, from which tests find other folders. */
export const TREE = 'build/mutated'

const OPTIONS = { plugins: null, excludedMutations: [], ignorers: [], noHeader: false }
const LOG = { isDebugEnabled: () => false, debug () {}, info () {}, warn: console.warn }

/**
 * @typedef {object} Mutant
 * @property {string} id
 * @property {string} fileName from the root
 * @property {{ start: { line: number, column: number }, end: { line: number, column: number } }} location
 * @property {string} mutatorName
 * @property {string} replacement
 * @property {string} original the code that is replaced, or its first line
 */

/**
 * Writes the copy.
 * @returns {Promise<{ mutants: Mutant[], state: string }>} `state` changes with the code of lib
 */
export async function writeMutants () {
  // Installed by run.js, in the same folder.
  const { Instrumenter } = await import('@stryker-mutator/instrumenter')
  const { default: ts } = await import('typescript')
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc')
  const { status } = spawnSync(process.execPath, [tsc, '--project', 'test', '--noCheck', '--outDir', TREE, '--sourceMap', 'false'], { cwd: ROOT, stdio: 'inherit' })
  if (status !== 0) throw new Error('The tests do not compile')
  const { name, type, exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  writeFileSync(join(ROOT, TREE, 'package.json'), JSON.stringify({ name, type, exports: JSON.parse(JSON.stringify(exports).replaceAll('./dist/', './lib/')) }))

  const names = readdirSync(join(ROOT, 'lib'), { recursive: true, encoding: 'utf8' }).map((path) => `lib/${path.replaceAll('\\', '/')}`)
  const sources = names.filter((path) => path.endsWith('.ts') && !path.startsWith('lib/testing/')).sort()
  const inputs = sources.map((path) => ({ name: path, content: readFileSync(join(ROOT, path), 'utf8'), mutate: true }))
  const { files, mutants } = await new Instrumenter(LOG).instrument(inputs, OPTIONS)
  const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022, verbatimModuleSyntax: true, rewriteRelativeImportExtensions: true }
  for (const file of files) {
    writeFileSync(join(ROOT, TREE, file.name.replace(/ts$/, 'js')), ts.transpileModule(file.content, { compilerOptions, fileName: file.name }).outputText)
  }
  const linesByFile = new Map(inputs.map(({ name, content }) => [name, content.split('\n')]))
  const withOriginal = mutants.map((mutant) => ({ ...mutant, original: getOriginal(linesByFile.get(mutant.fileName), mutant.location) }))
  return { mutants: withOriginal, state: createHash('sha256').update(JSON.stringify(inputs)).digest('hex') }
}

function getOriginal (lines, { start, end }) {
  const line = lines[start.line]
  return start.line === end.line ? line.slice(start.column, end.column) : `${line.slice(start.column)} ...`
}

/**
 * The same mutants at each run as long as their code is the same.
 * @param {Mutant[]} mutants
 * @param {number} size
 */
export function sample (mutants, size) {
  const key = ({ fileName, location, replacement }) => createHash('sha256').update(JSON.stringify([fileName, location, replacement])).digest('hex')
  return mutants.map((mutant) => ({ mutant, key: key(mutant) })).sort((a, b) => a.key < b.key ? -1 : 1).slice(0, size).map(({ mutant }) => mutant)
}
