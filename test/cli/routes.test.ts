import t from 'tap'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { traces } from '../fixtures/servers/logging.ts'
import { closeApp, loadApp } from '../../lib/cli/load-app.ts'
import { runCommand } from '../fixtures/terminal.ts'

const server = (name: string): string => fileURLToPath(new URL(`../fixtures/servers/${name}${extname(import.meta.filename)}`, import.meta.url))

const FASTIFY = "const { default: Fastify } = await import('fastify')"

t.test('routes prints the access of each route', async (t) => {
  const { status, output, errors } = await runCommand(['routes', server('guarded')])
  t.equal(errors, '')
  t.equal(status, 0)
  t.equal(output, [
    'method  url      access   requires',
    'GET     /health  public',
    'POST    /mcp     guarded  tool add-note (roles writer, organization 42), tool list-notes, other tools refused',
    'GET     /me      guarded  scopes openid and profile',
    'GET     /orders  guarded  roles admin and auditor, or reader, organization 42, freshness 5 s',
    ''
  ].join('\n'))
})

t.test('routes closes the app', async (t) => {
  const before = traces.closed
  t.match(await runCommand(['routes', server('logging')]), { status: 0, output: /GET {5}\/orders\/:id/ })
  t.same(traces, { log: '', handled: 0, closed: before + 1 })
})

t.test('routes --json prints the rows, and --markdown a table', async (t) => {
  const json = await runCommand(['routes', server('guarded'), '--json'])
  t.same(JSON.parse(json.output)[1], { method: 'POST', url: '/mcp', access: 'guarded', mcp: { tools: { 'add-note': { roles: ['writer'], organization: '42' }, 'list-notes': {} }, otherTools: 'refused' } })
  t.same(JSON.parse(json.output)[2], { method: 'GET', url: '/me', access: 'guarded', scopes: ['openid', 'profile'] })
  const markdown = await runCommand(['routes', server('instance'), '--markdown'])
  t.match(markdown.output, '| method | url')
  t.match(markdown.output, '| ------ | ---')
  t.match(markdown.output, '/open\\|1')
})

t.test('a route that a request without a token reaches is listed, and the exit status is 1', async (t) => {
  const { status, errors } = await runCommand(['routes', server('instance')])
  t.equal(status, 1)
  t.match(errors, /^GET \/open\|1: /)
})

t.test('a file may export an instance or a function', async (t) => {
  t.equal((await runCommand(['routes', server('synchronous')])).status, 0)
  const { status, errors } = await runCommand(['routes', server('text')])
  t.equal(status, 1)
  t.match(errors, 'must export a Fastify instance by default')
  const directory = t.testdir({
    'nothing.mjs': 'export default null',
    'empty.mjs': 'export default () => {}',
    'server.mjs': "export { createServer as default } from 'node:http'",
    'similar.mjs': 'export default { inject: true, ready: true, server: true }',
    'half.mjs': 'export default { inject () {}, ready () {}, server: {} }',
    'none.mjs': ''
  })
  t.match(await runCommand(['routes', `${directory}/empty.mjs`]), { status: 1, errors: 'or a function that returns one. Its function returns nothing\n' })
  for (const name of ['nothing', 'server', 'similar', 'half', 'none']) t.match(await runCommand(['routes', `${directory}/${name}.mjs`]), { status: 1, errors: 'must export a Fastify instance by default' }, name)
})

t.test('a wrong option of the app is reported in one line', async (t) => {
  const { status, output, errors } = await runCommand(['routes', server('misconfigured')])
  t.same([status, output], [1, ''])
  t.match(errors, /^fastify-zitadel routes: unknown option "rolls".*\n$/)
})

t.test('a file that does not exist is a usage error', async (t) => {
  t.match(await runCommand(['routes', server('none')]), { status: 1, errors: `the server file does not exist. Its path is relative to ${process.cwd()}\n` })
})

t.test('a directory is a usage error', async (t) => {
  t.match(await runCommand(['routes', t.testdir()]), { status: 1, errors: /^fastify-zitadel routes: the server file is a directory/ })
})

t.test('code of the app that does not end is reported', async (t) => {
  const directory = t.testdir({
    'module.mjs': 'setTimeout(() => {}, 2000)\nawait new Promise(() => {})',
    'function.mjs': 'export default async () => await new Promise(() => {})',
    'close.mjs': `${FASTIFY}\nexport default Fastify().addHook('onClose', async () => await new Promise(() => {}))`
  })
  // The limit does not keep a process alive, so something else must.
  const timer = setTimeout(() => {}, 10_000)
  t.teardown(() => { clearTimeout(timer) })
  for (const name of ['module', 'function']) await t.rejects(loadApp(`${directory}/${name}.mjs`, 50), { message: 'the server file does not start: it has not ended after 0.05 s. Look for a promise that nothing settles' }, name)
  await t.rejects(closeApp('close.mjs', await loadApp(`${directory}/close.mjs`), 50), { message: /^the app does not close: it has not ended after 0\.05 s/ })
})

t.test('an option of the app that throws at each request is one line with its place', async (t) => {
  const text = `${FASTIFY}\nexport default Fastify({ genReqId: () => { throw new Error('no id') } }).get('/', () => {})`
  t.match(await runCommand(['routes', `${t.testdir({ 'app.mjs': text })}/app.mjs`]), { status: 1, output: '', errors: /^fastify-zitadel routes: the routes cannot be tried: Error: no id \(\S+app\.mjs:2:\d+\)\n$/ })
})

t.test('an error of the app is one line with its message and its place', async (t) => {
  t.match(await runCommand(['routes', server('broken')]), { status: 1, output: '', errors: /^fastify-zitadel routes: the server file does not start: Error: the database is away \(\S+broken\.[jt]s:\d+:\d+\)\n$/ })
  const directory = t.testdir({
    'module.mjs': 'throw new TypeError("two\\nlines \\u001b[31m")',
    'syntax.mjs': 'export default (',
    'undefined.mjs': 'export default () => { throw undefined }',
    'package.mjs': "import 'none-of-this-name'",
    'plugin.mjs': "import Fastify from 'fastify'\nexport default () => Fastify().register(async () => { throw new Error('no plugin') })",
    'message.mjs': 'throw new Error("one\\nis at other.mjs:1:2")',
    'async.mjs': "import { readFile } from 'node:fs/promises'\nawait readFile('/none')",
    'windows.mjs': "throw Object.assign(new Error('drive'), { stack: 'Error: drive\\n    at file:///C:/api/server.mjs:1:2' })",
    'common.cjs': 'module.exports = () => { throw new Error("common") }',
    'onready.mjs': `${FASTIFY}\nexport default Fastify().addHook('onReady', async () => { throw new Error('no table') })`,
    'bare.mjs': 'throw Object.create(null)',
    'getters.mjs': "const fail = { get () { throw new Error('CANARY') } }\nthrow Object.defineProperties({ toString: () => 'odd' }, { code: fail, stack: fail })",
    'code.mjs': "throw { code: 'FST_ZITADEL_OPTION', toString: () => 'no error' }",
    'long.mjs': "throw Object.assign(new Error('long'), { stack: '    at ' + '('.repeat(1e6) })",
    'transform.mjs': "throw new Error('Transform failed with 2 errors:\\n\\n  app.ts:1:2: ERROR: no await here\\nmore')",
    'blank.mjs': "throw '\\n'",
    'port.mjs': "throw Object.assign(new Error('listen EADDRINUSE'), { code: 'EADDRINUSE' })",
    'extension.txt': '',
    // The loader of the tests accepts TypeScript, and that of Node.js 20 does not.
    'typescript.mjs': "throw Object.assign(new TypeError('Unknown file extension \".ts\" for /app.ts'), { code: 'ERR_UNKNOWN_FILE_EXTENSION' })",
    'accessor.mjs': "import { readFileSync } from 'node:fs'\nexport default async () => readFileSync('/none')"
  })
  for (const [name, line, extension = 'mjs'] of [
    ['message', /: Error: one \(\S+message\.mjs:1:7\)\n$/],
    ['async', /: Error: ENOENT: .+ \((?!file:)\S+async\.mjs(?::2:1)?\)\n$/],
    ['windows', /: Error: drive \(C:\/api\/server\.mjs:1:2\)\n$/],
    ['common', /: Error: common \((?!file:)\S+common\.cjs:1:\d+\)\n$/, 'cjs'],
    ['module', /: TypeError: two \((?!file:)\S+module\.mjs:1:7\)\n$/],
    ['syntax', /: SyntaxError: .+ \(\S+syntax\.mjs\)\n$/],
    ['undefined', /: undefined \(\S+undefined\.mjs\)\n$/],
    ['package', /: Error(?: \[ERR_MODULE_NOT_FOUND\])?: Cannot find package 'none-of-this-name'.+ \(\S+package\.mjs\)\n$/],
    ['plugin', /: Error: no plugin \(\S+plugin\.mjs:2:\d+\)\n$/],
    ['onready', /: Error: no table \(\S+onready\.mjs:2:\d+\)\n$/],
    ['bare', /: a value that is no error was thrown \(\S+bare\.mjs\)\n$/],
    ['getters', /: odd \(\S+getters\.mjs\)\n$/],
    ['code', /: no error \(\S+code\.mjs\)\n$/],
    ['long', /: Error: long \(\S+long\.mjs\)\n$/],
    ['transform', /: Error: Transform failed with 2 errors: app\.ts:1:2: ERROR: no await here \(\S+transform\.mjs:1:7\)\n$/],
    ['blank', /start: {2}\(\S+blank\.mjs\)\n$/],
    ['port', /: Error: listen EADDRINUSE \(\S+port\.mjs:1:21\)\. Stop the running server, or give the app another port\n$/],
    ['extension', /: .*\(\S+extension\.txt\)\n$/, 'txt'],
    ['typescript', /Unknown file extension .+\(\S+typescript\.mjs:1:\d+\)\. TypeScript needs Node\.js 22\.18, or NODE_OPTIONS='--import tsx' with the package tsx\n$/],
    ['accessor', /: Error: ENOENT: .+ \(\S+accessor\.mjs:2:\d+\)\n$/]
  ] as const) {
    for (const command of [['routes', `${directory}/${name}.${extension}`], ['doctor', '--app', `${directory}/${name}.${extension}`, 'GET', '/']]) {
      const { status, output, errors } = await runCommand(command)
      t.same([status, output], [1, ''])
      t.match(errors, line)
      t.notMatch(errors, '\u001B')
    }
  }
})

t.test('a default export that was compiled to CommonJS is found', async (t) => {
  const directory = t.testdir({
    'instance.cjs': "Object.defineProperty(exports, '__esModule', { value: true })\nexports.default = require('fastify')()",
    'function.cjs': "Object.defineProperty(exports, '__esModule', { value: true })\nexports.default = async () => require('fastify')()"
  })
  for (const name of ['instance', 'function']) t.match(await runCommand(['routes', `${directory}/${name}.cjs`]), { status: 0, errors: '' })
})

t.test('an error while the app closes is one line', async (t) => {
  const text = `${FASTIFY}\nexport default Fastify().addHook('onClose', async () => { throw new Error('busy') })`
  const directory = t.testdir({ 'one.mjs': text, 'two.mjs': text })
  for (const command of [['routes', `${directory}/one.mjs`], ['doctor', '--app', `${directory}/two.mjs`, 'GET', '/']]) {
    t.match(await runCommand(command), { status: 1, output: /method|No route matches/, errors: /^fastify-zitadel \w+: the app does not close: Error: busy \(\S+\.mjs:2:\d+\)\n$/ })
  }
})

t.test('if a function with parameters throws, the message says that it got none', async (t) => {
  const file = `${t.testdir({ 'plugin.mjs': 'export default async (app, options) => { app.get("/", () => {}) }' })}/plugin.mjs`
  t.match((await runCommand(['routes', file])).errors, /^fastify-zitadel routes: the server file does not start, and its function is called without arguments: TypeError: /)
})

t.test('a frozen logger of the app is no error', async (t) => {
  const text = `${FASTIFY}\nconst log = Object.freeze(Object.fromEntries(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'child'].map((name) => [name, () => log])))\nexport default Fastify({ loggerInstance: log })`
  t.match(await runCommand(['routes', `${t.testdir({ 'app.mjs': text })}/app.mjs`]), { status: 0, errors: '' })
})
