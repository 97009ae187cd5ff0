import t from 'tap'
import { readFileSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'

const files = ['lib', 'test', 'bench', 'examples'].flatMap((root) => readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((path) => /\.[jt]s$/.test(path) && !/node_modules/.test(path))
  .map((path) => join(root, path)))

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
