import t from 'tap'
import { readdirSync } from 'node:fs'
import { extname, resolve } from 'node:path'

const LIB = resolve('lib')
/** The same files, compiled if the tests are. */
const loaded = new URL('../../lib/', import.meta.url)
const extension = extname(import.meta.filename)

t.test('every file can be imported alone, and coverage includes it', async (t) => {
  const paths = readdirSync(LIB, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'))
  t.ok(paths.includes('index.ts'))
  for (const path of paths) await t.resolves(import(new URL(path.replaceAll('\\', '/').replace(/\.ts$/, extension), loaded).href), path)
})
