import t from 'tap'
import fastifyAuth from '@fastify/auth'
import type { FastifyRequest } from 'fastify'
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises'
import { ZitadelError, type ActiveToken, type OnEndOptions } from '../../lib/index.ts'
import { OutageError, createUnavailableError } from '../../lib/failures.ts'
import { activeResponse, bearer, roles, startGuardedApp, type AppSetup, type GuardedApp, type TestContext } from '../fixtures/guarded-app.ts'

const READER = activeResponse(roles({ reader: ['acme'] }))

interface Case extends GuardedApp {
  /** The response of ZITADEL about each token from now on. An error is thrown. */
  respond: (response: object | Error) => void
  /** Requests the route and watches its token until the end. The handler is done before that. */
  open: (url?: string, token?: string | null, options?: OnEndOptions) => Promise<OpenStream>
  opened: () => OpenStream
  lines: Array<Record<string, unknown>>
}

interface OpenStream {
  readonly reasons: string[]
  readonly cancel: () => void
  readonly token: () => ActiveToken | null
  readonly error: ZitadelError | undefined
}

async function startCase (t: TestContext, { options }: AppSetup = {}): Promise<Case> {
  let response: object | Error = READER
  const lines: Case['lines'] = []
  const give = (): object => {
    if (response instanceof Error) throw response
    return response
  }
  const guarded = await startGuardedApp(t, { responses: { caller: give, second: give }, ...(options && { options }), server: { logger: { level: 'info', stream: { write: (text) => { lines.push(JSON.parse(text)) } } } } })
  const { app, get } = guarded
  let onEndOptions: OnEndOptions | undefined
  let opened: OpenStream | undefined
  const handler = async (request: FastifyRequest): Promise<string> => {
    const reasons: string[] = []
    try {
      const cancel = app.zitadel.onEnd(request, (reason) => { reasons.push(reason) }, onEndOptions)
      opened = { reasons, cancel, token: () => app.zitadel.peek(request), error: undefined }
    } catch (error) {
      opened = { reasons, cancel: () => {}, token: () => null, error: error as ZitadelError }
    }
    return 'served'
  }
  await app.register(fastifyAuth)
  app.get('/', { config: { roles: ['reader'] } }, handler)
  app.get('/member', { config: { scopes: [] } }, handler)
  app.get('/optional', { config: { access: 'optional' } }, handler)
  app.get('/several', { config: { roles: ['reader'] }, onRequest: app.zitadel.require({ roles: ['auditor'] }) }, handler)
  app.post('/mcp', { config: { mcp: { tools: { watch: { roles: ['reader'] } } } } }, handler)
  app.get('/any', { config: { scopes: [] } }, async () => 'served')
  app.get('/fresh', { config: { scopes: [], freshness: 0 } }, async () => 'served')
  return {
    ...guarded,
    lines,
    opened: () => opened!,
    respond: (next) => { response = next },
    open: async (url = '/', token = 'caller', options) => {
      onEndOptions = options
      const { statusCode, body } = await get(url, token)
      if (statusCode !== 200) throw new Error(body)
      return opened!
    }
  }
}

/** Resolves when everything that needs no timer has happened. */
async function settle (): Promise<void> {
  for (let i = 0; i < 5; i++) await turn()
}

t.test('a forget of the token, its user or its jti ends the stream if ZITADEL calls the token inactive', async (t) => {
  for (const what of [{ token: 'caller' }, { sub: 'ada' }, { jti: 'V2_1-at_2' }]) {
    const { open, respond, zitadel, lines } = await startCase(t)
    respond({ ...READER, jti: 'V2_1-at_2' })
    const { reasons } = await open()
    respond({ active: false })
    await settle()
    t.same(reasons, [])
    await zitadel().forget(what)
    await settle()
    t.same(reasons, ['revoked'])
    t.match(lines.find(({ code }) => code === 'FST_ZITADEL_INVALID_TOKEN'), { reason: 'token_inactive', route: '/', method: 'GET' })
    await zitadel().forget(what)
    await settle()
    t.same(reasons, ['revoked'], 'once')
  }
})

t.test('a forget of a token that is still active keeps the stream, and request.zitadel has the new response', async (t) => {
  const { open, respond, zitadel, calls } = await startCase(t)
  const { reasons, token } = await open()
  respond(activeResponse(roles({ reader: ['acme'], admin: ['acme'] })))
  await zitadel().forget({ sub: 'ada' })
  await settle()
  t.same(reasons, [])
  t.ok(token()!.hasRole('admin'))
  t.equal(calls.length, 2)
  await zitadel().forget({ sub: 'ben' })
  await settle()
  t.equal(calls.length, 2, 'a forget of another user does nothing')
})

t.test('a removed role ends the stream', async (t) => {
  const { open, respond, zitadel } = await startCase(t)
  const { reasons } = await open()
  respond(activeResponse(roles({ guest: ['acme'] })))
  await zitadel().forget({ token: 'caller' })
  await settle()
  t.same(reasons, ['forbidden'])
})

t.test('each requirement that allowed the request is checked again', async (t) => {
  for (const missing of ['reader', 'auditor']) {
    const { open, respond, zitadel, calls } = await startCase(t)
    respond(activeResponse(roles({ reader: ['acme'], auditor: ['acme'] })))
    const { reasons } = await open('/several')
    respond(activeResponse(roles({ [missing === 'reader' ? 'auditor' : 'reader']: ['acme'] })))
    await zitadel().forget({ token: 'caller' })
    await settle()
    t.same(reasons, ['forbidden'])
    t.equal(calls.length, 2)
  }
})

t.test('the requirement of a called tool is checked again', async (t) => {
  const { app, opened, respond, zitadel } = await startCase(t)
  const payload = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'watch' } }
  t.equal((await app.inject({ method: 'POST', url: '/mcp', headers: bearer('caller'), payload })).statusCode, 200)
  respond(activeResponse(roles({ guest: ['acme'] })))
  await zitadel().forget({ token: 'caller' })
  await settle()
  t.same(opened().reasons, ['forbidden'])
})

t.test('a stream ends if another request with the token is denied', async (t) => {
  const { open, respond, get, calls, clock } = await startCase(t)
  const { reasons } = await open()
  clock.advance(1)
  respond({ active: false })
  t.equal((await get('/any', 'caller')).statusCode, 200, 'cached')
  t.same(reasons, [])
  t.equal((await get('/fresh', 'caller')).statusCode, 401)
  t.same(reasons, ['revoked'])
  t.equal(calls.length, 2)
})

t.test('all streams of a token end with one introspection', async (t) => {
  const { open, respond, zitadel, calls } = await startCase(t)
  const [one, two, other] = [await open(), await open(), await open('/', 'second')]
  two.cancel()
  two.cancel()
  const three = await open()
  respond({ active: false })
  await zitadel().forget({ token: 'caller' })
  await settle()
  t.same([one, two, three, other].map(({ reasons }) => reasons), [['revoked'], [], ['revoked'], []], 'a cancelled stream and one of another token do not')
  t.equal(calls.length, 3)
})

t.test('a token that was forgotten or has expired between the check and onEnd is detected', async (t) => {
  const { app, clock, respond, get } = await startCase(t)
  // The timer of the plugin keeps no process alive.
  const alive = setInterval(() => {}, 1000)
  t.teardown(() => { clearInterval(alive) })
  const ended = async (between: () => Promise<void>): Promise<string> => await new Promise((resolve, reject) => {
    hook = between
    watch = (request) => { app.zitadel.onEnd(request, resolve, { recheck: 0 }) }
    get('/slow', 'caller').catch(reject)
  })
  let hook = async (): Promise<void> => {}
  let watch = (_request: FastifyRequest): void => {}
  app.get('/slow', { config: { scopes: [] } }, async (request) => {
    await hook()
    watch(request)
    return 'served'
  })
  t.equal(await ended(async () => {
    respond({ active: false })
    await app.zitadel.forget({ token: 'caller' })
  }), 'revoked')
  clock.advance(10)
  respond({ ...READER, exp: clock.seconds + 5 })
  t.equal(await ended(async () => { clock.advance(6) }), 'expired')
})

t.test('a newer response about the token that another stream got counts for a handler that has waited', async (t) => {
  const { app, open, respond, get, clock } = await startCase(t)
  let proceed = (): void => {}
  const waited = new Promise<void>((resolve) => { proceed = resolve })
  const reasons: string[] = []
  app.get('/waiting', { config: { roles: ['reader'] } }, async (request) => {
    await waited
    app.zitadel.onEnd(request, (reason) => { reasons.push(reason) })
    return 'served'
  })
  const response = get('/waiting', 'caller')
  await settle()
  clock.advance(40)
  respond(activeResponse(roles({ guest: ['acme'] })))
  const other = await open('/member')
  proceed()
  t.equal((await response).statusCode, 200)
  await settle()
  t.same(reasons, ['forbidden'])
  t.same(other.reasons, [])
})

t.test('during an outage the stream goes on until the token expires', async (t) => {
  const { open, respond, zitadel, clock, calls } = await startCase(t)
  respond({ ...READER, exp: clock.wall() / 1000 + 0.2 })
  const { reasons } = await open()
  respond(createUnavailableError(new OutageError('down', 'check it')))
  await zitadel().forget({ token: 'caller' })
  await settle()
  t.equal(calls.length, 2)
  t.same(reasons, [])
  clock.advance(1)
  while (reasons.length === 0) await new Promise((resolve) => setTimeout(resolve, 10))
  t.same(reasons, ['expired'])
})

t.test('a callback that throws or rejects ends nothing else: the log has its error', async (t) => {
  const { app, get, zitadel, respond, lines } = await startCase(t)
  const failures = [(): never => { throw new Error('thrown') }, async (): Promise<never> => { throw new Error('rejected') }]
  let count = 0
  app.get('/failing', { config: { scopes: [] } }, async (request) => {
    for (const fail of failures) app.zitadel.onEnd(request, fail)
    app.zitadel.onEnd(request, () => { count++ })
    return 'served'
  })
  await get('/failing', 'caller')
  respond({ active: false })
  await zitadel().forget({ token: 'caller' })
  await settle()
  t.equal(count, 1)
  t.same(lines.filter(({ level }) => level === 50).map(({ err }) => (err as Error).message), ['thrown', 'rejected'])
})

t.test('a callback can start to watch again', async (t) => {
  const { app, get, zitadel, respond } = await startCase(t)
  const reasons: string[] = []
  app.get('/again', { config: { scopes: [] } }, async (request) => {
    app.zitadel.onEnd(request, (reason) => {
      reasons.push(reason)
      app.zitadel.onEnd(request, (reason) => { reasons.push(reason) })
    })
    return 'served'
  })
  await get('/again', 'caller')
  respond({ active: false })
  await zitadel().forget({ token: 'caller' })
  await settle()
  t.same(reasons, ['revoked'], 'not in each turn of the event loop')
  while (reasons.length < 2) await delay(1)
  t.same(reasons, ['revoked', 'revoked'])
})

for (const reason of ['expired', 'revoked'] as const) {
  t.test(`a callback that always watches again is called ten times a second at most: ${reason}`, async (t) => {
    const { app, get, respond, clock, zitadel } = await startCase(t)
    const calls: string[] = []
    let cancel = (): void => {}
    app.get('/always', { config: { scopes: [] } }, async (request) => {
      const watch = (): void => {
        cancel = app.zitadel.onEnd(request, (reason) => {
          calls.push(reason)
          watch()
        })
      }
      watch()
      return 'served'
    })
    respond(activeResponse({ exp: Math.floor(clock.wall() / 1000) + 1 }))
    await get('/always', 'caller')
    if (reason === 'expired') clock.advance(2)
    else {
      respond({ active: false })
      await zitadel().forget({ token: 'caller' })
    }
    while (calls.length === 0) await delay(1)
    await delay(250)
    t.ok(calls.length >= 2 && calls.length <= 4, String(calls.length))
    cancel()
    const count = calls.length
    await delay(150)
    t.equal(calls.length, count, 'cancelled while it is not watched yet')
    t.same(new Set(calls), new Set([reason]))
  })
}

t.test('a callback that always watches again does not block the process', async (t) => {
  const { app, get, respond, clock } = await startCase(t)
  const counts = { first: 0, second: 0, cancelled: 0 }
  const cancels: Array<() => void> = []
  app.get('/always', { config: { scopes: [] } }, async (request) => {
    const watch = (name: 'first' | 'second', callback: () => void): void => { cancels.push(app.zitadel.onEnd(request, () => { if (++counts[name] < 10_000) callback() })) }
    const again = (): void => { watch('first', again) }
    watch('first', again)
    watch('second', () => { cancel() })
    const cancel = app.zitadel.onEnd(request, () => { counts.cancelled++ })
    return 'served'
  })
  respond(activeResponse({ exp: Math.floor(clock.wall() / 1000) + 1 }))
  await get('/always', 'caller')
  clock.advance(2)
  while (counts.first === 0) await delay(1)
  for (const cancel of cancels) cancel()
  t.match(counts, { second: 1, cancelled: 0 })
  t.ok(counts.first < 100, String(counts.first))
})

t.test('after app.close() nothing is called', async (t) => {
  const { app, open, respond, zitadel } = await startCase(t)
  const { reasons, cancel } = await open()
  respond({ active: false })
  const forgotten = zitadel().forget({ token: 'caller' })
  await app.close()
  await forgotten
  await settle()
  t.same(reasons, [])
  cancel()
})

t.test('a stream that is opened while the server closes is not watched', async (t) => {
  const { app, get, respond, zitadel } = await startCase(t)
  const reasons: string[] = []
  app.get('/closing', { config: { scopes: [] } }, async (request) => {
    await closed
    app.zitadel.onEnd(request, (reason) => { reasons.push(reason) })()
    app.zitadel.onEnd(request, (reason) => { reasons.push(reason) })
    return 'served'
  })
  let close = (): void => {}
  const closed = new Promise<void>((resolve) => { close = resolve })
  const response = get('/closing', 'caller')
  await settle()
  await app.close()
  close()
  await response
  respond({ active: false })
  await zitadel().forget({ token: 'caller' })
  await settle()
  t.same(reasons, [])
})

t.test('a request without a checked token, and wrong arguments, are refused', async (t) => {
  const { open, app, get } = await startCase(t)
  app.get('/wrong', { config: { scopes: [] } }, async (request) => app.zitadel.onEnd(request, 'callback' as never))
  t.match((await open('/optional', null)).error, { code: 'FST_ZITADEL_OPTION', message: /no token of this request was checked/ })
  t.equal((await open('/optional')).error, undefined)
  for (const recheck of [-1, NaN, '60', null]) t.match((await open('/', 'caller', { recheck: recheck as number })).error, { code: 'FST_ZITADEL_OPTION', message: /"recheck" must be/ })
  for (const options of [null, 60, { Recheck: 60 }, { interval: 60 }]) t.match((await open('/', 'caller', options as never)).error, { code: 'FST_ZITADEL_OPTION', message: 'zitadel.onEnd(): the options must be an object { recheck }' })
  for (const recheck of [0, 0.5, undefined]) t.equal((await open('/', 'caller', { recheck })).error, undefined)
  t.equal((await get('/wrong')).statusCode, 500)
})

t.test('two tokens of a request: each keeps its own verdict', async (t) => {
  let token = 'bare'
  const bare = activeResponse({ sub: 'ben' })
  const { app, get } = await startGuardedApp(t, { responses: { bare, reader: READER }, options: { tokenFrom: () => token } })
  const reasons: string[] = []
  app.get('/two', { config: { scopes: [] }, onRequest: [async () => { token = 'reader' }, app.zitadel.require({ roles: ['reader'] })] }, async (request) => {
    app.zitadel.onEnd(request, (reason) => { reasons.push(reason) })
    return 'served'
  })
  t.equal((await get('/two', null)).statusCode, 200)
  await app.zitadel.forget({ token: 'bare' })
  await settle()
  t.same(reasons, [], 'the role of the other token counts')
})

t.test('two tokens of a request: the end of either ends the stream', async (t) => {
  for (const ended of ['caller', 'second']) {
    let token = 'caller'
    const { app, get, respond, zitadel } = await startCase(t, { options: { tokenFrom: () => token } })
    const reasons: string[] = []
    app.get('/two', {
      config: { scopes: [] },
      onRequest: [async () => { token = 'second' }, app.zitadel.require({ roles: ['reader'] })]
    }, async (request) => {
      app.zitadel.onEnd(request, (reason) => { reasons.push(reason) })
      return 'served'
    })
    t.equal((await get('/two', null)).statusCode, 200)
    respond({ active: false })
    await zitadel().forget({ token: ended })
    await settle()
    t.same(reasons, ['revoked'])
    await zitadel().forget({ token: ended === 'caller' ? 'second' : 'caller' })
    await settle()
    t.same(reasons, ['revoked'])
  }
})
