import t from 'tap'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
interface Block { readonly language: string, readonly source: string | undefined, readonly code: string, readonly start: number }
interface Markdown {
  findAnchors: (text: string) => Set<string>
  findBlocks: (text: string) => Block[]
  findDocuments: () => string[]
  findLinks: (text: string) => string[]
  needsSource: (block: Block) => boolean
  readSource: (source: string) => string
  ROOT: string
}
// Plain JavaScript, because the command `node test/docs/update.js` needs it uncompiled.
const { findAnchors, findBlocks, findDocuments, findLinks, needsSource, readSource, ROOT } = await import(pathToFileURL(resolve('test/docs/markdown.js')).href) as Markdown

const documents = findDocuments().map((name) => ({ name, text: readFileSync(join(ROOT, name), 'utf8') }))

t.test('each code block of a document is a region of a file that is compiled or run', async (t) => {
  for (const { name, text } of documents) {
    for (const block of findBlocks(text)) {
      const place = `${name}:${block.start}`
      if (block.source === undefined) {
        t.notOk(needsSource(block), `${place} names its source`)
        continue
      }
      t.match(block.source, /^(?:examples|test|types)\//, `${place}: the source is among the files that are compiled or run`)
      t.equal(block.code, readSource(block.source), `${place} equals ${block.source} (node test/docs/update.js)`)
    }
  }
})

t.test('each relative link of a document leads to a file and an anchor that exist', async (t) => {
  const dead = documents.flatMap(({ name, text }) => findLinks(text)
    .filter((target) => !/^(?:https?|mailto):/.test(target))
    .filter((target) => !exists(name, target))
    .map((target) => `${name}: ${target}`))
  t.same(dead, [])
})

function exists (from: string, target: string): boolean {
  const [path, anchor] = target.split('#') as [string, string | undefined]
  const file = path === '' ? from : relative(ROOT, join(ROOT, dirname(from), path))
  if (!existsSync(join(ROOT, file))) return false
  return anchor === undefined || !file.endsWith('.md') || findAnchors(readFileSync(join(ROOT, file), 'utf8')).has(anchor)
}
