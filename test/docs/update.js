// Writes the regions of source files into the code blocks of the documents.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findBlocks, findDocuments, readSource, ROOT } from './markdown.js'

for (const name of findDocuments()) {
  const path = join(ROOT, name)
  const text = readFileSync(path, 'utf8')
  const lines = text.split('\n')
  for (const { source, start, end } of findBlocks(text).reverse()) {
    if (source !== undefined) lines.splice(start, end - start, ...readSource(source).split('\n'))
  }
  const updated = lines.join('\n')
  if (updated === text) continue
  writeFileSync(path, updated)
  console.log(`updated ${name}`)
}
