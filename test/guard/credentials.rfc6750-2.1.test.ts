import t from 'tap'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { startGuardedApp, listen } from '../fixtures/guarded-app.ts'

const NO_TOKEN = [401, 'FST_ZITADEL_NO_TOKEN']
const INVALID_REQUEST = [400, 'FST_ZITADEL_INVALID_REQUEST']

const fields: Array<[authorization: string, answer: unknown]> = [
  ['Bearer good', 200],
  ['bearer good', 200],
  ['BEARER good', 200],
  ['bEaReR\tgood', INVALID_REQUEST],
  ['', NO_TOKEN],
  ['Basic YTpi', NO_TOKEN],
  ['Bearerish good', NO_TOKEN],
  ['Bear good', NO_TOKEN],
  ['good', NO_TOKEN],
  ['DPoP good', NO_TOKEN],
  ['Bearer', INVALID_REQUEST],
  ['bearer', INVALID_REQUEST],
  ['Bearer good good', INVALID_REQUEST],
  ['Bearer good, Bearer good', INVALID_REQUEST],
  ['Bearer good,', INVALID_REQUEST],
  ['Bearer "good"', INVALID_REQUEST],
  ['Bearer go=od', INVALID_REQUEST],
  ['Bearer =', INVALID_REQUEST],
  ['Bearer go;od', INVALID_REQUEST],
  ['Bearer go\u00E9od', INVALID_REQUEST],
  ['Bearer go%20od', INVALID_REQUEST]
]

t.test('an Authorization field has one bearer token, or the request is a 400 or a 401', async (t) => {
  const { app, calls } = await startGuardedApp(t)
  app.get('/', async () => 'served')
  for (const [authorization, answer] of fields) {
    const reply = await app.inject({ url: '/', headers: { authorization } })
    t.strictSame(reply.statusCode === 200 ? 200 : [reply.statusCode, reply.json().code], answer, authorization)
  }
  t.strictSame(calls, ['good'], 'no other token is introspected')
})

t.test('every character of a b64token is accepted', async (t) => {
  const token = 'AZaz09-._~+/=='
  const { app, calls, get } = await startGuardedApp(t)
  app.get('/', async () => 'served')
  t.equal((await get('/', token)).json().code, 'FST_ZITADEL_INVALID_TOKEN')
  t.strictSame(calls, [token])
})

t.test('over a socket, two Authorization fields are a 400, in any order and with any scheme', async (t) => {
  const { app, calls } = await startGuardedApp(t)
  app.get('/', async () => 'served')
  const port = await listen(app)
  const send = async (...authorizations: string[]): Promise<string> => {
    const socket = connect(port, '127.0.0.1')
    const lines = authorizations.map((value) => `${value}\r\n`).join('')
    socket.write(`GET / HTTP/1.1\r\nhost: api.example\r\nconnection: close\r\n${lines}\r\n`)
    return await text(socket)
  }
  t.match(await send('Authorization: Bearer good'), /^HTTP\/1.1 200/)
  calls.length = 0
  const twice = [
    ['Authorization: Bearer good', 'Authorization: Bearer good'],
    ['Authorization: Bearer good', 'authorization: Bearer evil'],
    ['authorization: Basic YTpi', 'AUTHORIZATION: Bearer good'],
    ['Authorization: Bearer good', 'X-Between: 1', 'authorization:']
  ]
  for (const each of twice) {
    const answer = await send(...each)
    t.match(answer, /^HTTP\/1.1 400/, each.join(' | '))
    t.match(answer, /www-authenticate: Bearer error="invalid_request"/i)
    t.match(answer, 'FST_ZITADEL_INVALID_REQUEST')
  }
  t.strictSame(calls, [])
  t.match(await send('Authorization: Bearer good', 'Authorisation: x'), /^HTTP\/1.1 200/, 'a field with a similar name is ignored')
})
