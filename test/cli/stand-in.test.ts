import t from 'tap'
import { once } from 'node:events'
import Fastify from 'fastify'
import zitadel from '../../lib/index.ts'
import { EventEmitter } from 'node:events'
import { runCommand } from '../fixtures/terminal.ts'

t.test('stand-in serves until it is interrupted, with a key file and a token', async (t) => {
  const directory = t.testdir()
  const signals = new EventEmitter()
  let output = ''
  const ended = runCommand(['stand-in', '--key-file', `${directory}/key.json`, '--role', 'auditor'], {
    write: (text) => { output += text; signals.emit('written') },
    untilInterrupted: async () => { await once(signals, 'interrupt') }
  })
  await once(signals, 'written')
  const issuer = /^ZITADEL_ISSUER=(.+)$/m.exec(output)![1]!
  const keyFile = /^ZITADEL_KEY_FILE=(.+)$/m.exec(output)![1]!
  const token = /Bearer ([^']+)'/.exec(output)![1]!
  const app = Fastify()
  t.teardown(async () => await app.close())
  await app.register(zitadel, { issuer, credentials: { keyFile } })
  app.get('/', { config: { roles: ['auditor'] } }, async () => [])
  t.equal((await app.inject({ url: '/', headers: { authorization: `Bearer ${token}` } })).statusCode, 200)
  signals.emit('interrupt')
  t.equal((await ended).status, 0)
  await t.rejects(fetch(issuer))
})

t.test('stand-in ends if the key file cannot be written', async (t) => {
  await t.rejects(runCommand(['stand-in', '--key-file', `${t.testdir()}/none/key.json`]), { code: 'ENOENT' })
})

t.test('stand-in has a default role and a default file', async (t) => {
  const cwd = process.cwd()
  process.chdir(t.testdir())
  t.teardown(() => process.chdir(cwd))
  t.match((await runCommand(['stand-in'], {})).status, 0)
})
