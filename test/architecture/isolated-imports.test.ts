import t from 'tap'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const LIB = join(import.meta.dirname, '../../lib')

t.test('every file can be imported alone, so coverage includes it', async (t) => {
  const paths = readdirSync(LIB, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'))
  t.ok(paths.includes('index.ts'))
  for (const path of paths) await t.resolves(import(pathToFileURL(join(LIB, path)).href), path)
})
