import { performance } from 'node:perf_hooks'
import t from 'tap'
import { startStandIn, type Fault } from '../../lib/testing/index.ts'
import { introspect, introspectWith, post, sign } from './client.ts'

const standIn = await startStandIn()
const token = await standIn.issueToken()
t.teardown(() => standIn.close())
t.afterEach(async () => {
  standIn.fail(null)
  t.equal((await introspect(standIn, token)).json.active, true, 'all is well again')
})

const causeOf = async (promise: Promise<unknown>): Promise<string> => await promise.then(() => 'none', ({ cause, name }) => cause?.code ?? name)

t.test('rows 15 and 16: inactive for every token while an internal error lasts, then active again', async (t) => {
  standIn.fail('inactive', { times: 3 })
  for (let i = 0; i < 3; i++) t.match(await introspect(standIn, token), { status: 200, text: '{"active":false}\n' })
  t.match(standIn.requests.at(-1), { reason: 'internal error' })
  t.equal((await introspect(standIn, token)).json.active, true)
})

t.test('row 15: a client that is refused is refused all the same', async (t) => {
  standIn.fail('inactive')
  t.match(await introspect(standIn, token, { ...standIn.api, clientSecret: 'wrong' }), { status: 400, json: { error: 'unauthorized_client' } })
  t.match(await post(standIn, ''), { status: 400, json: { error: 'invalid_request' } })
})

t.test('rows 17 to 21: answers that are none', async (t) => {
  const host = new URL(standIn.address).host
  const answers: [Fault, number, string, RegExp | string][] = [
    ['unknown-instance', 404, 'text/plain; charset=utf-8', `unable to set instance using origin &{${host}  http} (ExternalDomain is 127.0.0.1): ID=QUERY-1kIjX Message=Instance not found.`],
    ['instance-lookup', 500, 'text/plain; charset=utf-8', `unable to set instance using origin &{${host}  http} (ExternalDomain is 127.0.0.1): `],
    ['blocked', 429, 'text/plain; charset=utf-8', /^Your ZITADEL instance is blocked\.\n$/],
    ['panic', 500, 'application/json', /^\{"error":"server_error",.*\}\n$/],
    ['bad-gateway', 502, 'text/html', /^<html>[^]*502 Bad Gateway/],
    ['rate-limited', 429, 'text/html', /^<html>[^]*429 Too Many Requests/],
    [{ status: 503 }, 503, 'text/plain; charset=utf-8', /^$/],
    [{ status: 200, contentType: 'application/json', body: '[]' }, 200, 'application/json', /^\[\]$/]
  ]
  for (const [fault, status, contentType, text] of answers) {
    standIn.fail(fault)
    const answer = await introspect(standIn, token)
    t.match(answer, { status, text }, JSON.stringify(fault))
    t.equal(answer.headers.get('content-type'), contentType)
    t.equal(answer.headers.get('retry-after'), null, 'no Retry-After')
    t.equal(standIn.requests.at(-1)?.status, status)
  }
})

t.test('an answer of one\'s own, with headers', async (t) => {
  standIn.fail({ status: 307, headers: { location: 'https://elsewhere.example/', 'retry-after': '5' } })
  const response = await fetch(`${standIn.address}/oauth/v2/introspect`, { method: 'POST', redirect: 'manual' })
  t.equal(response.status, 307)
  t.equal(response.headers.get('location'), 'https://elsewhere.example/')
  t.equal(response.headers.get('retry-after'), '5')
  t.equal(response.headers.get('x-request-id'), null, 'not from ZITADEL')
})

t.test('delay: the same answer, later', async (t) => {
  standIn.fail({ delay: 50 })
  const before = performance.now()
  t.equal((await introspect(standIn, token)).json.active, true)
  t.ok(performance.now() - before >= 49)
})

t.test('reset: the connection is gone once the request is there', async (t) => {
  standIn.fail('reset', { times: 1 })
  t.equal(await causeOf(introspect(standIn, token)), 'ECONNRESET')
  t.match(standIn.requests.at(-1), { path: '/oauth/v2/introspect', status: 0 })
})

t.test('hang: the request is there, and no answer ever', async (t) => {
  standIn.fail('hang')
  const controller = new AbortController()
  const received = standIn.requests.length
  const answer = causeOf(fetch(`${standIn.address}/oauth/v2/introspect`, { method: 'POST', signal: controller.signal }))
  while (standIn.requests.length === received) await new Promise(setImmediate)
  controller.abort()
  t.equal(await answer, 'AbortError')
})

t.test('cut-body: half an answer, then the end of the connection', async (t) => {
  standIn.fail('cut-body')
  const { status, body } = await fetch(`${standIn.address}/.well-known/openid-configuration`)
  t.equal(status, 200)
  t.equal(await causeOf(new Response(body).text()), 'UND_ERR_SOCKET')
})

t.test('stalled-body: half an answer, then silence', async (t) => {
  standIn.fail('stalled-body')
  const controller = new AbortController()
  const { body } = await fetch(`${standIn.address}/.well-known/openid-configuration`, { signal: controller.signal })
  const reader = body!.getReader()
  t.match(Buffer.from((await reader.read()).value!).toString(), /^\{"issuer":/)
  const more = causeOf(reader.read())
  controller.abort()
  t.equal(await more, 'AbortError')
})

t.test('endless-body: an answer that goes on and on', async (t) => {
  standIn.fail('endless-body')
  const { body } = await fetch(`${standIn.address}/.well-known/openid-configuration`)
  let bytes = 0
  for await (const chunk of body!) {
    bytes += chunk.length
    if (bytes > 1024 * 1024) break
  }
  t.ok(bytes > 1024 * 1024)
})

t.test('refuse-replays: an assertion must have a jti that was not seen before (RFC 7523 section 3)', async (t) => {
  standIn.fail('refuse-replays')
  const refused = { status: 401, text: '{"error":"invalid_client"}\n' }
  const once = await sign(standIn, { claims: { jti: 'a' } })
  t.match(await introspectWith(standIn, token, once), { status: 200, json: { active: true } })
  t.match(await introspectWith(standIn, token, once), refused, 'the same again')
  t.match(await introspectWith(standIn, token, await sign(standIn, { claims: { jti: 'a', exp: Date.now() } })), refused, 'the same jti')
  t.match(await introspectWith(standIn, token, await sign(standIn)), refused, 'none')
  t.match(await introspectWith(standIn, token, 'garbage'), refused)
  t.match(await introspectWith(standIn, token, await sign(standIn, { claims: { jti: 'b' } })), { status: 200, json: { active: true } })
  t.equal((await introspect(standIn, token)).json.active, true, 'a secret is no assertion')
})

t.test('a fault lasts for as many requests as it was told to', async (t) => {
  standIn.fail('blocked', { times: 2 })
  const statuses = []
  for (let i = 0; i < 3; i++) statuses.push((await introspect(standIn, token)).status)
  t.same(statuses, [429, 429, 200])
})

t.test('a fault that is none', async (t) => {
  t.throws(() => standIn.fail('restet' as Fault), { name: 'TypeError', message: /^"fault" must be an object, null or one of reset, hang/ })
})
