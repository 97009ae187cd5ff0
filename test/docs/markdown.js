import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

export const ROOT = join(import.meta.dirname, '../..')

/** Languages of code that is compiled or run somewhere, so that a block of it must name its source. */
const CODE = new Set(['js', 'mjs', 'cjs', 'ts', 'javascript', 'typescript'])

/** Names that a block need not import, because the first block of the README does. */
const ASSUMED = new Set(['Fastify', 'zitadel'])

/** @returns {string[]} the documents, from the root, with slashes; those that are generated are left out */
export function findDocuments () {
  const nested = ['docs', 'examples'].flatMap(findMarkdown).filter((path) => !path.startsWith('docs/reference/'))
  return ['README.md', 'SECURITY.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'bench/README.md', ...nested.sort()]
}

/** Not by `recursive`: that follows the links of node_modules, which lead back here. */
function findMarkdown (folder) {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : findMarkdown(path)
    return path.endsWith('.md') ? [path] : []
  })
}

/**
 * A fenced block: the comment before it names its source, `<!-- source: examples/server.ts#routes -->`.
 * @typedef {object} Block
 * @property {string} language
 * @property {string | undefined} source
 * @property {string} code
 * @property {number} start the index of its first line of code
 * @property {number} end the index of its closing fence
 */

/**
 * @param {string} text
 * @returns {Block[]}
 */
export function findBlocks (text) {
  const lines = text.split('\n')
  const blocks = []
  for (let index = 0; index < lines.length; index++) {
    const fence = /^```(\w*)/.exec(lines[index])
    if (fence === null) continue
    const end = lines.indexOf('```', index + 1)
    if (end === -1) throw new Error(`the block in line ${index + 1} has no end`)
    const source = /^<!-- source: (\S+) -->$/.exec(lines[index - 1] ?? '')?.[1]
    blocks.push({ language: fence[1], source, code: lines.slice(index + 1, end).join('\n'), start: index + 1, end })
    index = end
  }
  return blocks
}

/** @param {Block} block */
export const needsSource = ({ language }) => CODE.has(language)

/**
 * The text of a file or of one of its regions, which stand between `#region name` and `#endregion name` in comments.
 * The imports that a region uses come before it, so that a pasted block is complete.
 * @param {string} source
 */
export function readSource (source) {
  const [path, region] = source.split('#')
  const lines = readFileSync(join(ROOT, path), 'utf8').split('\n')
  if (region === undefined) return withoutMarks(lines).join('\n').trim()
  const isMark = (line, word) => new RegExp(`^\\s*(?://|#)\\s*#${word} ${region}\\s*$`).test(line)
  const start = lines.findIndex((line) => isMark(line, 'region'))
  const end = lines.findIndex((line) => isMark(line, 'endregion'))
  if (start === -1 || end < start) throw new Error(`${path} has no region ${region}`)
  const code = withoutIndentation(withoutMarks(lines.slice(start + 1, end))).join('\n').trim()
  const imports = findImports(lines, code)
  return imports.length > 0 ? `${imports.join('\n')}\n\n${code}` : code
}

/** Not those of files outside of the folder: a reader has the package in place of them. */
function findImports (lines, code) {
  if (/^import /m.test(code)) return []
  const isUsed = (member) => new RegExp(`\\b${member.split(' ').at(-1)}\\b`).test(code)
  return lines.flatMap((line) => {
    const [, type = '', main, members, from] = /^import (type )?(\w+)?(?:, )?(?:\{ (.*) \})? from ('(?!\.\.\/).+')$/.exec(line) ?? []
    const used = members?.split(', ').filter(isUsed) ?? []
    const names = [
      ...(main !== undefined && !ASSUMED.has(main) && isUsed(main) ? [main] : []),
      ...(used.length > 0 ? [`{ ${used.join(', ')} }`] : [])
    ]
    return names.length > 0 ? [`import ${type}${names.join(', ')} from ${from}`] : []
  })
}

function withoutMarks (lines) {
  return lines.filter((line) => !/^\s*(?:\/\/|#)\s*#(?:end)?region /.test(line))
}

function withoutIndentation (lines) {
  const indented = lines.filter((line) => line.trim() !== '').map((line) => line.length - line.trimStart().length)
  const common = Math.min(...indented)
  return lines.map((line) => line.slice(common))
}

/**
 * The anchors of a document, as GitHub makes them from its headings, and those that are written as `<a id="...">`.
 * @param {string} text
 */
export function findAnchors (text) {
  const anchors = new Set()
  for (const line of withoutBlocks(text)) {
    for (const [, id] of line.matchAll(/<a (?:id|name)="([^"]+)">/g)) anchors.add(id)
    const heading = /^#{1,6} (.+)$/.exec(line)?.[1]
    if (heading === undefined) continue
    const slug = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/<[^>]*>/g, '').toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, '').trim().replace(/\s/g, '-')
    let unique = slug
    for (let count = 1; anchors.has(unique); count++) unique = `${slug}-${count}`
    anchors.add(unique)
  }
  return anchors
}

/**
 * The targets of a document's links.
 * @param {string} text
 */
export function findLinks (text) {
  return withoutBlocks(text).flatMap((line) => [...line.replace(/`[^`]*`/g, '').matchAll(/\]\(([^)\s]+)(?:\s[^)]*)?\)/g)].map(([, target]) => target))
}

function withoutBlocks (text) {
  const lines = text.split('\n')
  for (const { start, end } of findBlocks(text)) lines.fill('', start - 1, end + 1)
  return lines
}
