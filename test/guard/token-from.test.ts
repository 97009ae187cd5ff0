import t from 'tap'
import type { FastifyRequest } from 'fastify'
import { startGuardedApp } from '../fixtures/guarded-app.ts'
import { ZitadelError } from '../../lib/errors.ts'
import { createTokenReader } from '../../lib/guard/token-reader.ts'

const fromCookie = (request: FastifyRequest): string | undefined => request.headers['x-cookie'] as string | undefined

t.test('tokenFrom reads a token from another place, beside the header', async (t) => {
  const { app } = await startGuardedApp(t, { options: { tokenFrom: fromCookie } })
  app.get('/', async ({ zitadel }) => zitadel.sub)
  const answer = async (headers: Record<string, string>): Promise<unknown> => {
    const reply = await app.inject({ url: '/', headers })
    return reply.statusCode === 200 ? reply.body : reply.json().code
  }
  t.equal(await answer({ 'x-cookie': 'good' }), 'ada')
  t.equal(await answer({ authorization: 'Bearer good' }), 'ada')
  t.equal(await answer({ authorization: 'Bearer good', 'x-cookie': '' }), 'ada', 'an empty text is no token')
  t.equal(await answer({ authorization: 'Basic YTpi', 'x-cookie': 'good' }), 'ada', 'another scheme has no token')
  t.equal(await answer({}), 'FST_ZITADEL_NO_TOKEN')
  t.equal(await answer({ 'x-cookie': 'bad' }), 'FST_ZITADEL_INVALID_TOKEN')
  t.equal(await answer({ 'x-cookie': 'not a token' }), 'FST_ZITADEL_INVALID_REQUEST')
  t.equal(await answer({ 'x-cookie': 'Bearer good' }), 'FST_ZITADEL_INVALID_REQUEST', 'the scheme is not stripped')
})

t.test('a token of more than 16 KiB is a 400, from tokenFrom and from the header', async (t) => {
  const { app, calls, get } = await startGuardedApp(t, { options: { tokenFrom: (request) => request.headers['x-cookie'] === 'huge' ? 'a'.repeat(64 * 2 ** 20) : fromCookie(request) } })
  app.get('/', async () => 'served')
  const longest = 'a'.repeat(16_384)
  const getCode = async (headers: Record<string, string>): Promise<unknown> => (await app.inject({ url: '/', headers })).json().code
  t.equal(await getCode({ 'x-cookie': 'huge' }), 'FST_ZITADEL_INVALID_REQUEST')
  t.equal(await getCode({ 'x-cookie': `${longest}a` }), 'FST_ZITADEL_INVALID_REQUEST')
  t.match((await get('/', `${longest}a`)).headers, { 'www-authenticate': 'Bearer error="invalid_request"' })
  t.strictSame(calls, [])
  t.equal(await getCode({ 'x-cookie': longest }), 'FST_ZITADEL_INVALID_TOKEN')
  t.strictSame(calls, [longest])
})

t.test('different tokens in both places are a 400', async (t) => {
  const { app, calls } = await startGuardedApp(t, { options: { tokenFrom: fromCookie } })
  app.get('/', async () => 'served')
  for (const authorization of ['Bearer bad', 'Bearer', 'Bearer good good', 'Bearer goo']) {
    const reply = await app.inject({ url: '/', headers: { authorization, 'x-cookie': 'good' } })
    t.equal(reply.statusCode, 400, authorization)
    t.equal(reply.json().code, 'FST_ZITADEL_INVALID_REQUEST')
  }
  t.strictSame(calls, [])
})

t.test('equal tokens in both places are one token', async (t) => {
  const { app, calls } = await startGuardedApp(t, { options: { tokenFrom: fromCookie } })
  app.get('/', async () => 'served')
  const reply = await app.inject({ url: '/', headers: { authorization: 'Bearer good', 'x-cookie': 'good' } })
  t.equal(reply.statusCode, 200)
  t.strictSame(calls, ['good'])
})

t.test('tokenFrom that returns an array found several tokens, which is a 400', async (t) => {
  for (const tokens of [[], ['good'], ['good', 'good']]) {
    const { app, calls, get } = await startGuardedApp(t, { options: { tokenFrom: () => tokens as unknown as string } })
    app.get('/', async () => 'served')
    for (const token of ['good', null]) t.equal((await get('/', token)).json().code, 'FST_ZITADEL_INVALID_REQUEST')
    t.strictSame(calls, [])
  }
})

t.test('an error of tokenFrom with a status below 500 is the response', async (t) => {
  const { app, get } = await startGuardedApp(t, { options: { tokenFrom: () => { throw Object.assign(new Error('no session'), { statusCode: 440 }) } } })
  app.get('/', async () => 'served')
  t.match((await get('/')).json(), { statusCode: 440, message: 'no session' })
})

t.test('the error of tokenFrom is in the log, and not in the response', async (t) => {
  const lines: string[] = []
  const { app, get } = await startGuardedApp(t, {
    server: { logger: { level: 'error', stream: { write: (line) => { lines.push(line) } } } },
    options: { tokenFrom: (request) => (request as unknown as { cookies: { at: string } }).cookies.at }
  })
  app.get('/', async () => 'served')
  const reply = await get('/')
  t.equal(reply.statusCode, 500)
  t.notMatch(reply.body, 'undefined')
  t.match(lines.join(''), /option \\"tokenFrom\\" threw an error: Cannot read properties of undefined/)
})

const nothing: Record<string, () => unknown> = { undefined: () => undefined, null: () => null, '""': () => '' }

for (const [what, tokenFrom] of Object.entries(nothing)) {
  t.test(`tokenFrom that returns ${what} means that there is no token`, async (t) => {
    const { app, get } = await startGuardedApp(t, { options: { tokenFrom: tokenFrom as () => string } })
    app.get('/', async () => 'served')
    t.equal((await get('/')).statusCode, 200)
    t.equal((await get('/', null)).json().code, 'FST_ZITADEL_NO_TOKEN')
  })
}

const broken: Record<string, [tokenFrom: () => unknown, code: string]> = {
  'throws an error': [() => { throw new Error('no cookie jar') }, 'FST_ZITADEL_OPTION'],
  'throws undefined': [() => { throw undefined }, 'FST_ZITADEL_OPTION'], // eslint-disable-line no-throw-literal
  'throws a string': [() => { throw 'no cookie jar' }, 'FST_ZITADEL_OPTION'], // eslint-disable-line no-throw-literal
  'throws an error with the status 500': [() => { throw Object.assign(new Error('no cookie jar'), { statusCode: 500 }) }, 'FST_ZITADEL_OPTION'],
  ...Object.fromEntries([200, 302, 0, 400.5, '400'].map((statusCode) => [`throws an error with the status ${JSON.stringify(statusCode)}`, [() => { throw Object.assign(new Error('no cookie jar'), { statusCode }) }, 'FST_ZITADEL_OPTION']])),
  'gives a number': [() => 7, 'FST_ZITADEL_OPTION'],
  'gives a promise': [async () => 'good', 'FST_ZITADEL_OPTION'],
  'gives a promise that is rejected': [async () => { throw new Error('no cookie jar') }, 'FST_ZITADEL_OPTION']
}

for (const [what, [tokenFrom, code]] of Object.entries(broken)) {
  t.test(`tokenFrom that ${what} is a 500`, async (t) => {
    const { app, calls, get } = await startGuardedApp(t, { options: { tokenFrom: tokenFrom as () => string } })
    app.get('/', async () => 'served')
    app.get('/optional', { config: { access: 'optional' } }, async () => 'served')
    for (const url of ['/', '/optional']) {
      for (const token of ['good', null]) {
        const reply = await get(url, token)
        t.equal(reply.statusCode, 500)
        t.equal(reply.json().code, code)
        t.notOk('www-authenticate' in reply.headers)
      }
    }
    t.strictSame(calls, [])
  })
}

t.test('tokenFrom is not called for public routes and unknown URLs', async (t) => {
  const { app, get } = await startGuardedApp(t, { options: { tokenFrom: () => { throw new Error('called') } } })
  app.get('/', { config: { access: 'public' } }, async () => 'served')
  t.equal((await get('/', null)).statusCode, 200)
  t.equal((await get('/unknown', null)).statusCode, 404)
})

t.test('two fields "Authorization" are several tokens, in any spelling, and other fields that occur twice are not', async (t) => {
  const read = createTokenReader(undefined, () => new ZitadelError('FST_ZITADEL_INVALID_REQUEST', 400, 'several'))
  const readFrom = (...rawHeaders: string[]): string | undefined => read({ headers: { authorization: 'Bearer good' }, raw: { rawHeaders } } as never)
  t.equal(readFrom('authorization', 'Bearer good', 'cache-control', 'a', 'Cache-Control', 'b', 'accept', 'authorization', 'accept', 'authorization'), 'good')
  t.equal(readFrom('x', 'authorization', 'authorization', 'Bearer good'), 'good')
  for (const name of ['authorization', 'Authorization', 'AUTHORIZATION']) t.throws(() => readFrom('Authorization', 'Bearer good', 'accept', '*/*', name, 'Bearer bad'), { code: 'FST_ZITADEL_INVALID_REQUEST' })
})
