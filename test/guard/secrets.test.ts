import t from 'tap'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { bearer, startGuardedApp, listen, activeResponse, roles } from '../fixtures/guarded-app.ts'

const EVIL = 'x"\r\nset-cookie: evil=1\r\n\r\n{"level":60,"msg":"forged"}\n'

t.test('no token is in any log line, at any level, for any result of the request', async (t) => {
  const lines: string[] = []
  const { app, zitadel } = await startGuardedApp(t, {
    server: { logger: { level: 'trace', stream: { write: (line) => { lines.push(line) } } } },
    responses: { 'secret-good': activeResponse(), 'secret-down': () => { throw new Error('down') }, 'secret-odd': { active: 'yes' } },
    options: { tokenFrom: (request) => request.headers['x-token'] as string }
  })
  app.get('/', async ({ log, zitadel }) => { log.info({ zitadel }, 'served'); return 'served' })
  app.get('/role', { config: { roles: ['admin'] } }, async () => 'served')
  const sent = [bearer('secret-good'), bearer('secret-bad'), bearer('secret-down'), bearer('secret-odd'), { authorization: 'Bearer secret secret' }, { authorization: 'secret' }, { ...bearer('secret-good'), 'x-token': 'secret-two' }, { 'x-token': 'secret two' }]
  for (const headers of sent) {
    for (const url of ['/', '/role']) {
      const reply = await app.inject({ url, headers })
      t.notMatch(`${JSON.stringify(reply.headers)}${reply.statusCode === 200 ? '' : reply.body}`, 'secret')
    }
  }
  await zitadel().introspect('secret-good')
  await zitadel().forget({ token: 'secret-good' })
  await t.rejects(zitadel().forget({ token: 'secret-good', sub: 'secret' } as never))
  await t.rejects(zitadel().introspect('secret-down'))
  t.ok(lines.length > sent.length, 'there is a log')
  t.notMatch(lines.join(''), 'secret')
})

t.test('claims, roles and tokens of a hostile peer reach no header and break no log line', async (t) => {
  const lines: string[] = []
  const { app } = await startGuardedApp(t, {
    server: { logger: { level: 'trace', stream: { write: (line) => { lines.push(line) } } } },
    responses: { hostile: activeResponse({ sub: EVIL, scope: EVIL, client_id: EVIL, error: EVIL, ...roles({ [EVIL]: [EVIL] }) }) }
  })
  app.get('/', { config: { scopes: ['email'] } }, async () => 'served')
  app.get('/live', async () => 'served')
  const port = await listen(app)
  for (const url of ['/', '/live']) {
    const socket = connect(port, '127.0.0.1')
    socket.write(`GET ${url} HTTP/1.1\r\nhost: a\r\nconnection: close\r\nauthorization: Bearer hostile\r\n\r\n`)
    t.notMatch(await text(socket), /evil|forged/)
  }
  for (const line of lines) t.doesNotThrow(() => JSON.parse(line))
  t.notMatch(lines.join(''), /^\{"level":60/m)
})

t.test('a realm with quotes and backslashes stays inside its quoted-string (RFC 9110 section 5.6.4)', async (t) => {
  const { app, get } = await startGuardedApp(t, { options: { realm: 'a "b" \\ c' } })
  app.get('/', async () => 'served')
  t.equal((await get('/', null)).headers['www-authenticate'], 'Bearer realm="a \\"b\\" \\\\ c"')
})

t.test('a realm that could break a line stops the start', async (t) => {
  for (const realm of [EVIL, 'a\nb', 'a\u0000', 'a\u007f', '\u00e9', '']) {
    await t.rejects(startGuardedApp(t, { options: { realm } }), { code: 'FST_ZITADEL_OPTION', message: /"realm"/ })
  }
})
