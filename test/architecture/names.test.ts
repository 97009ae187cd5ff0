import t from 'tap'
import { readFileSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'

/** Without what npm has installed, in which a link can lead back to the root. */
function listFiles (folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : listFiles(path)
    return /\.[jt]s$/.test(path) ? [path] : []
  })
}

const files = ['lib', 'test', 'bench', 'examples'].flatMap(listFiles)

/** `testing` implements what the RFCs define, in files of the same names. */
const MIRRORED = ['introspection.ts', 'client-authentication.ts']

t.test('a file name occurs once in lib', async (t) => {
  const names = files.filter((path) => path.startsWith('lib')).map((path) => basename(path)).filter((name) => name !== 'index.ts' && !MIRRORED.includes(name))
  t.same(names.filter((name, index) => names.indexOf(name) !== index), [])
})

t.test('functions are named by a verb, not as the "x of y"', async (t) => {
  const found = files.flatMap((path) => [...readFileSync(path, 'utf8').matchAll(/\b(?:function|const) ([a-z]\w*Of)\b/g)].map(([, name]) => `${path}: ${name}`))
  t.same(found.filter((name) => !name.endsWith(': isOneOf')), [])
})
