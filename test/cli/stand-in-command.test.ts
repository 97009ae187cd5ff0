import t from 'tap'
import { once } from 'node:events'
import { readFileSync, statSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { resolve } from 'node:path'
import Fastify from 'fastify'
import { createListenError } from '../../lib/cli/listen-failure.ts'
import zitadel from '../../lib/index.ts'
import { EventEmitter } from 'node:events'
import { OWNER_ONLY } from '../fixtures/platform.ts'
import { runCommand } from '../fixtures/terminal.ts'

t.test('stand-in serves until it is interrupted, with a key file and a token', async (t) => {
  const directory = t.testdir()
  const signals = new EventEmitter()
  let output = ''
  const ended = runCommand(['stand-in', '--key-file', `${directory}/key.json`, '--role', 'auditor', '--role', 'reader', '--organization', '42', '--path', '/orders'], {
    write: (text) => { output += text; signals.emit('written') },
    untilInterrupted: async () => { await once(signals, 'interrupt') }
  })
  await once(signals, 'written')
  const issuer = /^ZITADEL_ISSUER=(.+)$/m.exec(output)![1]!
  const keyFile = /^ZITADEL_KEY_FILE=(.+)$/m.exec(output)![1]!
  const token = /Bearer ([^']+)'/.exec(output)![1]!
  t.match(output, /' http:\/\/127\.0\.0\.1:3000\/orders\n$/)
  t.equal(statSync(keyFile).mode & 0o777, OWNER_ONLY)
  const app = Fastify()
  t.teardown(async () => await app.close())
  await app.register(zitadel, { issuer, credentials: { keyFile } })
  app.get('/', { config: { roles: ['auditor', 'reader'], organization: '42' } }, async () => [])
  t.equal((await app.inject({ url: '/', headers: { authorization: `Bearer ${token}` } })).statusCode, 200)
  signals.emit('interrupt')
  t.equal((await ended).status, 0)
  await t.rejects(fetch(issuer))
})

t.test('a path with a space, # or an apostrophe is in quotation marks, so that a file of variables has it as a whole', async (t) => {
  const directory = t.testdir({ 'a #1': {}, "it's #1": {} })
  for (const [folder, mark] of [['a #1', "'"], ["it's #1", '"']] as const) {
    const file = `${directory}/${folder}/key.json`
    const { output } = await runCommand(['stand-in', '--key-file', file])
    t.match(output, `ZITADEL_KEY_FILE=${mark}${file}${mark}\n`)
  }
})

t.test('stand-in accepts the highest port', async (t) => {
  t.notMatch((await runCommand(['stand-in', '--port', '65535', '--key-file', `${t.testdir()}/key.json`])).errors, '--port')
})

t.test('a port that is no whole number is a usage error', async (t) => {
  for (const port of ['', 'abc', '0x50', '1e3', '80.5', '65536', ' 80']) t.match(await runCommand(['stand-in', '--port', port]), { status: 1, errors: /--port must be a whole number from 0 to 65535/ })
})

t.test('a path that a shell would read in another way is a usage error', async (t) => {
  for (const path of ['', 'orders', 'https://a.example/', '/a b', '/$(id)', "/'", '/a;b', '/a\n']) t.match(await runCommand(['stand-in', '--path', path]), { status: 1, errors: /--path must be a path such as \/orders/ })
})

t.test('stand-in ends if the key file cannot be written', async (t) => {
  t.same(await runCommand(['stand-in', '--key-file', `${t.testdir()}/none/key.json`]), { status: 1, output: '', errors: 'fastify-zitadel stand-in: the key file cannot be written (ENOENT): name another with --key-file\n' })
})

t.test('stand-in has a default role and a default file', async (t) => {
  const cwd = process.cwd()
  process.chdir(t.testdir())
  t.teardown(() => process.chdir(cwd))
  const app = Fastify()
  t.teardown(async () => await app.close())
  let output = ''
  const { status } = await runCommand(['stand-in'], {
    write: (text) => { output += text },
    untilInterrupted: async () => {
      const [issuer, keyFile, token] = ['ZITADEL_ISSUER=(.+)', 'ZITADEL_KEY_FILE=(.+)', "Bearer ([^']+)'"].map((pattern) => new RegExp(pattern).exec(output)![1]!)
      t.equal(keyFile, resolve('zitadel-key.json'))
      await app.register(zitadel, { issuer: issuer!, credentials: { keyFile: keyFile! } })
      app.get('/', async (request) => Object.keys(request.zitadel.roles))
      t.same((await app.inject({ url: '/', headers: { authorization: `Bearer ${token}` } })).json(), ['reader'])
    }
  })
  t.equal(status, 0)
  t.equal((await runCommand(['stand-in'], {})).status, 0, 'the key of an earlier stand-in is replaced')
})

t.test('stand-in overwrites no file that another program has written', async (t) => {
  for (const text of ['{"clientId":"312","keyId":"1"}', 'null', 'text']) {
    const file = `${t.testdir({ 'key.json': text })}/key.json`
    const { status, errors } = await runCommand(['stand-in', '--key-file', file])
    t.equal(status, 1)
    t.match(errors, 'was not written by a stand-in')
    t.equal(readFileSync(file, 'utf8'), text)
  }
})

t.test('stand-in reports in one line that its port is in use', async (t) => {
  const other = createServer().listen(0, '127.0.0.1')
  t.teardown(() => other.close())
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  const { status, errors } = await runCommand(['stand-in', '--port', String(port), '--key-file', `${t.testdir()}/key.json`])
  t.equal(status, 1)
  t.equal(errors, `fastify-zitadel stand-in: port ${port} of 127.0.0.1 cannot be opened (EADDRINUSE: it is in use). Give another with --port, or end the program that uses it\n`)
})

t.test('the reason why a port cannot be opened is named, also if it is no port of a flag', async (t) => {
  t.equal(createListenError(80, { code: 'EACCES' }).message, 'port 80 of 127.0.0.1 cannot be opened (EACCES: this user may not use it). Give another with --port, or end the program that uses it')
  t.match(createListenError(8080, { code: 'EADDRNOTAVAIL' }).message, /^port 8080 of 127\.0\.0\.1 cannot be opened \(EADDRNOTAVAIL\)/)
  const mistake = new TypeError('a mistake of our own')
  t.throws(() => createListenError(8080, mistake), mistake)
  t.equal(createListenError(0, { code: 'EMFILE' }).message, 'no port of 127.0.0.1 can be opened (EMFILE)')
})
