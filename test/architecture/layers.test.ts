import t from 'tap'
import { readFileSync, readdirSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join, relative, sep } from 'node:path'
import ts from 'typescript'

const LIB = join(import.meta.dirname, '../../lib')

interface File {
  /** Under lib, with slashes. */
  readonly name: string
  readonly text: string
  /** Files of ours that it imports, types included, by their names. */
  readonly ours: readonly string[]
  /** Modules of others that it imports. */
  readonly others: readonly string[]
}

const files: File[] = readdirSync(LIB, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts')).map((path) => {
  const text = readFileSync(join(LIB, path), 'utf8')
  const imported = ts.preProcessFile(text).importedFiles.map(({ fileName }) => fileName)
  const isOurs = (name: string): boolean => name.startsWith('.')
  const ours = imported.filter(isOurs).map((name) => slashed(relative(LIB, join(LIB, dirname(path), name))))
  return { name: slashed(path), text, ours, others: imported.filter((name) => !isOurs(name)) }
})

function slashed (path: string): string {
  return path.split(sep).join('/')
}

/** The room of a file: its folder, or its own name where it stands in none. */
function room (name: string): string {
  return name.includes('/') ? name.slice(0, name.indexOf('/')) : name
}

const LOWEST = ['errors.ts', 'oauth', 'zitadel']
const SETTINGS = ['options.ts', 'shared-options.ts', 'option-checks.ts', 'shared-option-checks.ts', 'config.ts', 'credentials.ts']

/** Room -> the rooms that it may stand on, beside itself. */
const FLOORS: Record<string, string[]> = {
  'errors.ts': [],
  oauth: [],
  zitadel: ['oauth'],
  'options.ts': [...LOWEST, ...SETTINGS],
  'shared-options.ts': LOWEST,
  'shared-option-checks.ts': [...LOWEST, ...SETTINGS],
  'option-checks.ts': [...LOWEST, ...SETTINGS],
  'config.ts': [...LOWEST, ...SETTINGS],
  'credentials.ts': [...LOWEST, ...SETTINGS],
  introspector: [...LOWEST, ...SETTINGS],
  guard: [...LOWEST, ...SETTINGS, 'introspector'],
  'instance.ts': [...LOWEST, ...SETTINGS, 'introspector', 'guard'],
  'plugin.ts': [...LOWEST, ...SETTINGS, 'introspector', 'guard', 'instance.ts'],
  'index.ts': [...LOWEST, ...SETTINGS, 'introspector', 'guard', 'instance.ts', 'plugin.ts'],
  testing: LOWEST
}

t.test('a room stands only on the floors below it', async (t) => {
  for (const { name, ours } of files) {
    const floors = FLOORS[room(name)]
    t.ok(floors, `${name} is in a room with a floor`)
    t.same(ours.map(room).filter((below) => below !== room(name) && !floors?.includes(below)), [], name)
  }
})

t.test('what is imported is there', async (t) => {
  const names = files.map(({ name }) => name)
  for (const { name, ours } of files) t.same(ours.filter((imported) => !names.includes(imported)), [], name)
})

t.test('nobody imports the composition root but the door, and nobody the door', async (t) => {
  t.same(files.filter(({ ours }) => ours.includes('plugin.ts')).map(({ name }) => name), ['index.ts'])
  t.same(files.filter(({ ours }) => ours.includes('index.ts')), [])
})

t.test('one file talks to ZITADEL, one keeps its connections, and one listens to the fleet', async (t) => {
  const calls = files.filter(({ name, text }) => room(name) !== 'testing' && /\.(request|stream|pipeline|connect|dispatch)\(|\bfetch\(/.test(text))
  // The pool behind the client's dispatcher, and the connection on which a fleet's news arrive.
  t.same(calls.map(({ name }) => name).sort(), ['introspector/connections.ts', 'introspector/exchange.ts', 'introspector/shared/subscription.ts'])
})

t.test('nothing else could: sockets are in reach of no file, an undici pool of one', async (t) => {
  const network = builtinModules.filter((name) => /^(_?http|http2|https|net|_?tls|dns|dgram)/.test(name)).map((name) => `node:${name}`)
  for (const { name, others, text } of files) {
    if (room(name) === 'testing') continue
    t.same(others.filter((imported) => network.includes(imported) || network.includes(`node:${imported}`)), [], name)
    if (/^import (?!type ).*from 'undici'/m.test(text)) t.equal(name, 'introspector/connections.ts')
  }
})

t.test('the lower floors know neither Fastify nor a network', async (t) => {
  const others = files.filter(({ name }) => LOWEST.includes(room(name))).flatMap(({ others }) => others)
  t.same(others.filter((name) => name !== 'jose' && name !== 'node:crypto'), [])
})
