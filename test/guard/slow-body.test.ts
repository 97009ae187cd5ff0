import t from 'tap'
import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import type { FastifyInstance } from 'fastify'
import type { ZitadelOptions } from '../../lib/index.ts'
import { activeResponse, bearer, listen, roles, startGuardedApp, type GuardedApp, type TestContext } from '../fixtures/guarded-app.ts'

/** Sends the first half of a body and resolves when the guard has allowed the request; then it sends the rest. */
type Upload = (app: FastifyInstance, port: number) => Promise<() => Promise<{ status: number, retryAfter: string | undefined }>>

async function sendHttp1 (t: TestContext, app: FastifyInstance, port: number, header: string, first: string, rest: string): ReturnType<Upload> {
  const socket = connect(port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  const allowed = once(app.server, 'allowed')
  socket.write(`POST / HTTP/1.1\r\nhost: a\r\nconnection: close\r\nauthorization: Bearer caller\r\ncontent-type: text/plain\r\n${header}\r\n\r\n${first}`)
  await allowed
  return async () => {
    socket.write(rest)
    const response = await text(socket)
    return { status: Number(response.split(' ')[1]), retryAfter: /^retry-after: (.+)$/im.exec(response)?.[1] }
  }
}

const uploads: Record<string, (t: TestContext) => Upload> = {
  'HTTP/1.1': (t) => async (app, port) => await sendHttp1(t, app, port, 'content-length: 4', 'ab', 'cd'),
  'HTTP/1.1, chunked': (t) => async (app, port) => await sendHttp1(t, app, port, 'transfer-encoding: chunked', '2\r\nab\r\n', '2\r\ncd\r\n0\r\n\r\n'),
  'HTTP/2': (t) => async (app, port) => {
    const session = connectHttp2(`http://127.0.0.1:${port}`)
    t.teardown(() => session.destroy())
    const stream = session.request({ ':method': 'POST', ':path': '/', 'content-type': 'text/plain', ...bearer('caller') })
    const allowed = once(app.server, 'allowed')
    stream.write('ab')
    await allowed
    return async () => {
      const response = once(stream, 'response')
      stream.end('cd')
      const [headers] = await response as [{ ':status': number, 'retry-after'?: string }]
      stream.resume()
      return { status: headers[':status'], retryAfter: headers['retry-after'] }
    }
  }
}

interface Case extends GuardedApp { served: number[], respond: (response: object | Error) => void, start: () => ReturnType<Upload> }

async function startCase (t: TestContext, kind: keyof typeof uploads & string, config: object, options: ZitadelOptions = {}): Promise<Case> {
  let response: object | Error = activeResponse(roles({ admin: ['acme'] }))
  const caller = (): object => {
    if (response instanceof Error) throw response
    return response
  }
  const server = kind === 'HTTP/2' ? { http2: true } as object : {}
  const guarded = await startGuardedApp(t, { responses: { caller }, options, server })
  const { app } = guarded
  const served: number[] = []
  app.post('/', { config, onRequest: async () => { app.server.emit('allowed') } }, async () => {
    served.push(guarded.clock.seconds)
    return 'served'
  })
  const port = await listen(app)
  return { ...guarded, served, respond: (next) => { response = next }, start: async () => await uploads[kind]!(t)(app, port) }
}

for (const kind of Object.keys(uploads)) {
  t.test(`a revoked token is denied although the body began before (${kind})`, async (t) => {
    const { calls, clock, served, respond, start } = await startCase(t, kind, { scopes: [], freshness: 0 })
    const finish = await start()
    respond({ active: false })
    clock.advance(45)
    t.match(await finish(), { status: 401 })
    t.same(served, [])
    t.same(calls, ['caller', 'caller'])
  })
}

const HTTP1 = 'HTTP/1.1'

t.test('a body that ends within five seconds causes no second introspection', async (t) => {
  const { calls, clock, start } = await startCase(t, HTTP1, { scopes: [], freshness: 0 })
  const finish = await start()
  clock.advance(4.999)
  t.match(await finish(), { status: 200 })
  t.same(calls, ['caller'])
})

t.test('a body that ends five seconds after the freshness of the route causes one', async (t) => {
  for (const [seconds, expected] of [[14.999, 1], [15, 2]] as const) {
    const { calls, clock, start } = await startCase(t, HTTP1, { scopes: [], freshness: 10 })
    const finish = await start()
    clock.advance(seconds)
    t.match(await finish(), { status: 200 })
    t.equal(calls.length, expected, `${seconds} s`)
  }
})

t.test('without freshness, the time is that of cache.ttl', async (t) => {
  for (const [seconds, expected] of [[34.999, 1], [35, 2]] as const) {
    const { calls, clock, start } = await startCase(t, HTTP1, { scopes: [] })
    const finish = await start()
    clock.advance(seconds)
    t.match(await finish(), { status: 200 })
    t.equal(calls.length, expected, `${seconds} s`)
  }
})

t.test('with cache: false, a slow body causes a second introspection', async (t) => {
  const { calls, clock, served, respond, start } = await startCase(t, HTTP1, { scopes: [] }, { cache: false })
  const finish = await start()
  respond({ active: false })
  clock.advance(5)
  t.match(await finish(), { status: 401 })
  t.same(served, [])
  t.equal(calls.length, 2)
})

t.test('a role that was taken away meanwhile is a 403, and an outage a 503', async (t) => {
  const { clock, served, respond, start } = await startCase(t, HTTP1, { roles: ['admin'] })
  const first = await start()
  respond(activeResponse())
  clock.advance(60)
  t.match(await first(), { status: 403 })
  respond(activeResponse(roles({ admin: ['acme'] })))
  clock.advance(60)
  const second = await start()
  respond(new Error('down'))
  clock.advance(60)
  t.match(await second(), { status: 503, retryAfter: /^\d+$/ })
  t.same(served, [])
})

t.test('a stale verdict is used after the body as long as before it', async (t) => {
  const { calls, clock, respond, start } = await startCase(t, HTTP1, { scopes: [] }, { staleIfError: 60, retry: false, breaker: false })
  const first = await start()
  t.match(await first(), { status: 200 })
  respond(new Error('down'))
  clock.advance(31)
  const second = await start()
  clock.advance(50)
  t.match(await second(), { status: 200 })
  t.equal(calls.length, 2, 'the stale verdict was not renewed')
  const third = await start()
  clock.advance(14)
  t.match(await third(), { status: 503 })
})
