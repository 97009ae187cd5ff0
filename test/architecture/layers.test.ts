import t from 'tap'
import { readFileSync, readdirSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join, relative, resolve, sep } from 'node:path'
import ts from 'typescript'

const LIB = resolve('lib')

interface File {
  /** Under lib, with slashes. */
  readonly name: string
  readonly text: string
  /** Files of lib that it imports, types included. */
  readonly ours: readonly string[]
  /** Other modules that it imports. */
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

/** The layer of a file: its folder, or its own name if it is directly in lib. Below lib/testing, each folder is a layer. */
function getLayer (name: string): string {
  const parts = name.split('/')
  if (name === 'testing/faults.ts') return name
  if (parts[0] === 'testing') return parts.length > 2 ? `testing/${parts[1]}` : 'testing'
  return parts[0]!
}

/** The layers that a layer may import, beside itself. */
const LAYERS: Record<string, string[]> = {
  'errors.ts': [],
  'clock.ts': [],
  'keyed-object.ts': [],
  'tick-object.ts': [],
  'ignore-rejection.ts': [],
  'plain-http.ts': [],
  'start-warning.ts': [],
  'untrusted-json.ts': [],
  'failures.ts': ['errors.ts'],
  'channels.ts': ['errors.ts'],
  'registration.ts': ['errors.ts', 'channels.ts'],
  oauth: ['untrusted-json.ts'],
  zitadel: ['errors.ts', 'untrusted-json.ts', 'keyed-object.ts', 'oauth'],
  'reporter.ts': ['errors.ts', 'failures.ts', 'clock.ts'],
  options: ['errors.ts', 'plain-http.ts', 'keyed-object.ts', 'oauth', 'zitadel'],
  client: ['errors.ts', 'failures.ts', 'untrusted-json.ts', 'clock.ts', 'channels.ts', 'registration.ts', 'oauth', 'zitadel'],
  'shared-cache': ['errors.ts', 'clock.ts', 'oauth', 'zitadel', 'reporter.ts', 'options'],
  verdicts: ['errors.ts', 'failures.ts', 'untrusted-json.ts', 'clock.ts', 'channels.ts', 'oauth', 'zitadel', 'client', 'shared-cache'],
  source: ['errors.ts', 'failures.ts', 'clock.ts', 'ignore-rejection.ts', 'registration.ts', 'oauth', 'zitadel', 'reporter.ts', 'options', 'client', 'shared-cache'],
  guard: ['errors.ts', 'start-warning.ts', 'keyed-object.ts', 'ignore-rejection.ts', 'clock.ts', 'channels.ts', 'oauth', 'zitadel', 'options', 'verdicts'],
  openapi: ['errors.ts', 'start-warning.ts', 'oauth', 'zitadel', 'options', 'guard'],
  resource: ['errors.ts', 'start-warning.ts', 'untrusted-json.ts', 'oauth', 'zitadel', 'options', 'guard'],
  streams: ['errors.ts', 'clock.ts', 'registration.ts', 'oauth', 'zitadel', 'verdicts', 'guard'],
  events: ['errors.ts', 'untrusted-json.ts', 'clock.ts', 'channels.ts', 'registration.ts', 'zitadel', 'reporter.ts', 'options'],
  logout: ['errors.ts', 'failures.ts', 'untrusted-json.ts', 'clock.ts', 'channels.ts', 'registration.ts', 'zitadel', 'reporter.ts', 'options'],
  'decorator.ts': ['errors.ts', 'keyed-object.ts', 'oauth', 'zitadel', 'options', 'verdicts', 'source', 'guard', 'openapi', 'resource', 'streams'],
  'plugin.ts': ['errors.ts', 'start-warning.ts', 'clock.ts', 'tick-object.ts', 'registration.ts', 'zitadel', 'reporter.ts', 'options', 'verdicts', 'source', 'guard', 'openapi', 'resource', 'streams', 'events', 'logout', 'decorator.ts'],
  telemetry: ['errors.ts', 'channels.ts', 'registration.ts'],
  'index.ts': ['errors.ts', 'channels.ts', 'oauth', 'zitadel', 'options', 'verdicts', 'source', 'guard', 'openapi', 'resource', 'streams', 'decorator.ts', 'plugin.ts'],
  'testing/options': [],
  'testing/http': ['errors.ts', 'oauth', 'zitadel'],
  'testing/instance': ['errors.ts', 'oauth', 'zitadel', 'testing/options', 'testing/http'],
  'testing/faults.ts': ['testing/options', 'testing/http', 'testing/instance'],
  'testing/tokens': ['errors.ts', 'oauth', 'zitadel', 'testing/options', 'testing/http', 'testing/instance'],
  'testing/events': ['testing/tokens'],
  'testing/endpoints': ['errors.ts', 'oauth', 'zitadel', 'testing/http', 'testing/faults.ts', 'testing/instance', 'testing/tokens'],
  'testing/server': ['errors.ts', 'oauth', 'zitadel', 'testing/http', 'testing/faults.ts', 'testing/instance', 'testing/tokens', 'testing/endpoints'],
  'testing/guarded': ['guard'],
  testing: ['errors.ts', 'oauth', 'zitadel', 'guard', 'testing/guarded', 'testing/options', 'testing/http', 'testing/faults.ts', 'testing/instance', 'testing/tokens', 'testing/events', 'testing/endpoints', 'testing/server'],
  cli: ['errors.ts', 'failures.ts', 'untrusted-json.ts', 'plain-http.ts', 'clock.ts', 'registration.ts', 'reporter.ts', 'oauth', 'zitadel', 'options', 'client', 'verdicts', 'source', 'guard', 'openapi', 'events', 'testing/guarded', 'testing']
}

t.test('a layer imports only layers below it', async (t) => {
  for (const { name, ours } of files) {
    const below = LAYERS[getLayer(name)]
    t.ok(below, `${name} is in a known layer`)
    t.same(ours.map(getLayer).filter((layer) => layer !== getLayer(name) && !below?.includes(layer)), [], name)
  }
})

t.test('the layers have an order', async (t) => {
  const names = Object.keys(LAYERS)
  for (const [index, name] of names.entries()) t.same(LAYERS[name]!.filter((below) => names.indexOf(below) >= index), [], name)
})

t.test('no files import each other in a cycle', async (t) => {
  const imports = new Map(files.map(({ name, ours }) => [name, ours]))
  const done = new Set<string>()
  const visit = (name: string, path: readonly string[]): void => {
    if (path.includes(name)) {
      t.fail([...path.slice(path.indexOf(name)), name].join(' -> '))
      return
    }
    if (done.has(name)) return
    for (const next of imports.get(name) ?? []) visit(next, [...path, name])
    done.add(name)
  }
  for (const { name } of files) visit(name, [])
  t.equal(done.size, files.length)
})

t.test('no file is longer than 160 lines', async (t) => {
  t.same(files.filter(({ text }) => text.split('\n').length > 161).map(({ name }) => name), [])
})

t.test('every imported file exists', async (t) => {
  const names = files.map(({ name }) => name)
  for (const { name, ours } of files) t.same(ours.filter((imported) => !names.includes(imported)), [], name)
})

t.test('only index.ts imports plugin.ts, and no file imports index.ts', async (t) => {
  t.same(files.filter(({ ours }) => ours.includes('plugin.ts')).map(({ name }) => name), ['index.ts'])
  t.same(files.filter(({ ours }) => ours.includes('index.ts')), [])
})

t.test('only the listed files send requests, open connections or connect to Redis', async (t) => {
  const calls = files.filter(({ name, text }) => !getLayer(name).startsWith('testing') && /\.(request|stream|pipeline|connect|dispatch)\(|\bfetch\(/.test(text))
  t.same(calls.map(({ name }) => name).sort(), [
    'cli/http.ts',
    'client/connection-pool.ts',
    'client/dispatcher-sender.ts',
    'client/fetch-keys.ts',
    'client/proxy-tunnel.ts',
    'client/transport.ts',
    'shared-cache/command-connection.ts',
    'shared-cache/subscriber.ts'
  ])
})

t.test('no file imports a network module, and two files import undici', async (t) => {
  const network = builtinModules.filter((name) => /^(_?http|http2|https|net|_?tls|dns|dgram)/.test(name)).map((name) => `node:${name}`)
  for (const { name, others, text } of files) {
    // The listener of a login on this machine.
    if (getLayer(name).startsWith('testing') || name === 'cli/login/loopback.ts') continue
    // The names of methods open no connection.
    const allowed = text.includes("import { METHODS } from 'node:http'\n") ? ['node:http'] : []
    t.same(others.filter((imported) => network.includes(imported) || network.includes(`node:${imported}`)), allowed, name)
    if (/^import (?!type ).*from 'undici'/m.test(text)) t.ok(['client/connection-pool.ts', 'client/proxy-tunnel.ts'].includes(name), name)
  }
})

t.test('only the entry for OpenTelemetry imports its API', async (t) => {
  const importing = files.filter(({ others }) => others.some((name) => name.startsWith('@opentelemetry/')))
  t.same(new Set(importing.map(({ name }) => getLayer(name))), new Set(['telemetry']))
})

t.test('errors, oauth and zitadel import neither Fastify nor a network module', async (t) => {
  const others = files.filter(({ name }) => ['errors.ts', 'oauth', 'zitadel'].includes(getLayer(name))).flatMap(({ others }) => others)
  t.same(others.filter((name) => name !== 'jose' && name !== 'node:crypto'), [])
})
