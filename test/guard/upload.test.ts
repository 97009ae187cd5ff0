import t from 'tap'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { bearer, startGuardedApp, listen, activeResponse, roles, type AppSetup, type GuardedApp, type TestContext } from '../fixtures/guarded-app.ts'

t.test('the body of a request without a token, or without the role, is not parsed', async (t) => {
  const { app } = await startGuardedApp(t, { server: { bodyLimit: 10 }, responses: { admin: activeResponse(roles({ admin: ['acme'] })) } })
  let parsed = 0
  app.addContentTypeParser('text/plain', { parseAs: 'string' }, (_request, body, done) => { parsed++; done(null, body) })
  app.post('/', { config: { roles: ['admin'] }, schema: { body: { type: 'number' } } }, async () => 'served')
  const post = async (payload: string, headers: object): Promise<number> => (await app.inject({ method: 'POST', url: '/', payload, headers: { 'content-type': 'text/plain', ...headers } })).statusCode
  for (const payload of ['x', 'x'.repeat(100)]) {
    t.equal(await post(payload, {}), 401)
    t.equal(await post(payload, bearer('bad')), 401)
    t.equal(await post(payload, bearer('good')), 403)
  }
  t.equal(parsed, 0)
  t.equal(await post('x'.repeat(100), bearer('admin')), 413)
  t.equal(await post('x', bearer('admin')), 400, 'only an allowed caller gets the parser error')
  t.equal(parsed, 1)
})

interface Upload extends GuardedApp { served: string[], start: (token: string) => Promise<Socket>, finish: (socket: Socket) => Promise<string> }

/** An app in the middle of an upload: the request is allowed, and half of the body has arrived. */
async function upload (t: TestContext, given: AppSetup, config: object = { scopes: [] }): Promise<Upload> {
  const all = await startGuardedApp(t, given)
  const { app } = all
  const served: string[] = []
  app.post('/', { config, onRequest: async (request) => { app.server.emit('let in', request) } }, async () => { served.push('served'); return 'served' })
  const port = await listen(app)
  return {
    ...all,
    served,
    start: async (token) => {
      const socket = connect(port, '127.0.0.1')
      t.teardown(() => socket.destroy())
      const letIn = once(app.server, 'let in')
      socket.write(`POST / HTTP/1.1\r\nhost: a\r\nconnection: close\r\nauthorization: Bearer ${token}\r\ncontent-type: text/plain\r\ncontent-length: 4\r\n\r\nab`)
      await letIn
      return socket
    },
    finish: async (socket) => {
      socket.write('cd')
      return await text(socket)
    }
  }
}

t.test('a token that expires while the body arrives is denied', async (t) => {
  const exp = Math.floor(Date.now() / 1000) + 60
  const { clock, calls, served, start, finish } = await upload(t, { responses: { brief: activeResponse({ exp }) } })
  const socket = await start('brief')
  clock.advance(3600)
  const answer = await finish(socket)
  t.match(answer, /^HTTP\/1.1 401/)
  t.match(answer, 'www-authenticate: Bearer error="invalid_token"')
  t.strictSame(served, [])
  t.strictSame(calls, ['brief'], 'judged by what is in memory')
})

t.test('the expiry is checked again if the body took 50 ms or longer', async (t) => {
  for (const [milliseconds, status] of [[49, 200], [50, 401]] as const) {
    const exp = Math.floor(Date.now() / 1000) + 60
    const { clock, start, finish } = await upload(t, { responses: { brief: activeResponse({ exp }) } })
    clock.jump(exp - 0.01 - clock.wall() / 1000)
    const socket = await start('brief')
    clock.advance(milliseconds / 1000)
    t.match(await finish(socket), `HTTP/1.1 ${status}`, `${milliseconds} ms`)
  }
})

const forgotten: Record<string, object> = { token: { token: 'caller' }, sub: { sub: 'ada' }, jti: { jti: '1' } }

for (const [what, which] of Object.entries(forgotten)) {
  t.test(`a token that is forgotten by ${what} while the body arrives is introspected again`, async (t) => {
    let response = activeResponse({ jti: '1', ...roles({ admin: ['acme'] }) })
    const { calls, served, start, finish, zitadel } = await upload(t, { responses: { caller: () => response } }, { roles: ['admin'] })
    const end = async (): Promise<string> => {
      const socket = await start('caller')
      await zitadel().forget(which as { token: string })
      return await finish(socket)
    }
    t.match(await end(), /^HTTP\/1.1 200/, 'still live')
    t.strictSame(calls, ['caller', 'caller'])

    const socket = await start('caller')
    response = activeResponse({ jti: '1' })
    await zitadel().forget(which as { token: string })
    t.match(await finish(socket), /^HTTP\/1.1 403[^]*FST_ZITADEL_INSUFFICIENT_ROLE/, 'the role was taken away')

    response = activeResponse({ jti: '1', ...roles({ admin: ['acme'] }) })
    await zitadel().forget({ sub: 'ada' })
    const other = await start('caller')
    response = { active: false }
    await zitadel().forget(which as { token: string })
    t.match(await finish(other), /^HTTP\/1.1 401[^]*FST_ZITADEL_INVALID_TOKEN/, 'revoked')
    t.strictSame(served, ['served'])
  })
}

t.test('if ZITADEL is down, a token that is forgotten while the body arrives is a 503', async (t) => {
  let down = false
  const { start, finish, zitadel } = await upload(t, { responses: { caller: () => { if (down) throw new Error('down'); return activeResponse() } } })
  const socket = await start('caller')
  down = true
  await zitadel().forget({ token: 'caller' })
  t.match(await finish(socket), /^HTTP\/1.1 503[^]*retry-after: 5/)
})

t.test('a token is not introspected again if another one is forgotten', async (t) => {
  const { calls, start, finish, zitadel } = await upload(t, {})
  const socket = await start('good')
  await zitadel().forget({ token: 'other' })
  t.match(await finish(socket), /^HTTP\/1.1 200/)
  t.strictSame(calls, ['good'])
})
