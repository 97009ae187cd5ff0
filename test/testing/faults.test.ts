import { performance } from 'node:perf_hooks'
import t, { type Test } from 'tap'
import { startStandIn, type Fault } from '../../lib/testing/index.ts'
import { introspect, introspectWith, post, sign } from '../fixtures/stand-in-client.ts'

const standIn = await startStandIn()
const token = await standIn.issueToken()
t.teardown(() => standIn.close())

/** Runs a test that sets a fault, and ends the fault. */
function test (title: string, work: (t: Test) => Promise<void>): void {
  t.test(title, async (t) => {
    await work(t)
    standIn.fail(null)
    t.equal((await introspect(standIn, token)).json.active, true, 'active after the fault')
  })
}

const getCause = async (promise: Promise<unknown>): Promise<string> => await promise.then(() => 'none', ({ cause, name }) => cause?.code ?? name)

test('inactive: every token is inactive during the fault and active afterwards', async (t) => {
  standIn.fail('inactive', { times: 3 })
  for (let i = 0; i < 3; i++) t.match(await introspect(standIn, token), { status: 200, text: '{"active":false}\n' })
  t.match(standIn.requests.at(-1), { reason: 'internal error' })
  t.equal((await introspect(standIn, token)).json.active, true)
})

test('inactive: a denied client still gets 400', async (t) => {
  standIn.fail('inactive')
  t.match(await introspect(standIn, token, { ...standIn.api, clientSecret: 'wrong' }), { status: 400, json: { error: 'unauthorized_client' } })
  t.match(await post(standIn, ''), { status: 400, json: { error: 'invalid_request' } })
})

test('each response fault has its status, content type and body', async (t) => {
  const host = new URL(standIn.address).host
  const responses: [Fault, number, string, RegExp | string][] = [
    ['unknown-instance', 404, 'text/plain; charset=utf-8', `unable to set instance using origin &{${host}  http} (ExternalDomain is 127.0.0.1): ID=QUERY-1kIjX Message=Instance not found.`],
    ['instance-lookup', 500, 'text/plain; charset=utf-8', `unable to set instance using origin &{${host}  http} (ExternalDomain is 127.0.0.1): `],
    ['blocked', 429, 'text/plain; charset=utf-8', /^Your ZITADEL instance is blocked\.\n$/],
    ['panic', 500, 'application/json', /^\{"error":"server_error",.*\}\n$/],
    ['bad-gateway', 502, 'text/html', /^<html>[^]*502 Bad Gateway/],
    ['rate-limited', 429, 'text/html', /^<html>[^]*429 Too Many Requests/],
    [{ status: 503 }, 503, 'text/plain; charset=utf-8', /^$/],
    [{ status: 200, contentType: 'application/json', body: '[]' }, 200, 'application/json', /^\[\]$/]
  ]
  for (const [fault, status, contentType, text] of responses) {
    standIn.fail(fault)
    const response = await introspect(standIn, token)
    t.match(response, { status, text }, JSON.stringify(fault))
    t.equal(response.headers.get('content-type'), contentType)
    t.equal(response.headers.get('retry-after'), null, 'no Retry-After')
    t.equal(standIn.requests.at(-1)?.status, status)
  }
})

test('a custom response can have headers', async (t) => {
  standIn.fail({ status: 307, headers: { location: 'https://elsewhere.example/', 'retry-after': '5' } })
  const response = await fetch(`${standIn.address}/oauth/v2/introspect`, { method: 'POST', redirect: 'manual' })
  t.equal(response.status, 307)
  t.equal(response.headers.get('location'), 'https://elsewhere.example/')
  t.equal(response.headers.get('retry-after'), '5')
  t.equal(response.headers.get('x-request-id'), null, 'sent by a proxy')
})

test('delay: the normal response arrives later', async (t) => {
  standIn.fail({ delay: 50 })
  const before = performance.now()
  t.equal((await introspect(standIn, token)).json.active, true)
  t.ok(performance.now() - before >= 49)
})

test('reset: the connection is reset after the request is received', async (t) => {
  standIn.fail('reset', { times: 1 })
  t.equal(await getCause(introspect(standIn, token)), 'ECONNRESET')
  t.match(standIn.requests.at(-1), { path: '/oauth/v2/introspect', status: 0 })
})

test('hang: the request is received and no response is sent', async (t) => {
  standIn.fail('hang')
  const controller = new AbortController()
  const received = standIn.requests.length
  const response = getCause(fetch(`${standIn.address}/oauth/v2/introspect`, { method: 'POST', signal: controller.signal }))
  while (standIn.requests.length === received) await new Promise(setImmediate)
  controller.abort()
  t.equal(await response, 'AbortError')
})

test('cut-body: the connection closes after half of the response', async (t) => {
  standIn.fail('cut-body')
  const { status, body } = await fetch(`${standIn.address}/.well-known/openid-configuration`)
  t.equal(status, 200)
  t.equal(await getCause(new Response(body).text()), 'UND_ERR_SOCKET')
})

test('stalled-body: nothing follows half of the response', async (t) => {
  standIn.fail('stalled-body')
  const controller = new AbortController()
  const { body } = await fetch(`${standIn.address}/.well-known/openid-configuration`, { signal: controller.signal })
  const reader = body!.getReader()
  t.match(Buffer.from((await reader.read()).value!).toString(), /^\{"issuer":/)
  const more = getCause(reader.read())
  controller.abort()
  t.equal(await more, 'AbortError')
})

test('endless-body: the response does not end', async (t) => {
  standIn.fail('endless-body')
  const { body } = await fetch(`${standIn.address}/.well-known/openid-configuration`)
  let bytes = 0
  for await (const chunk of body!) {
    bytes += chunk.length
    if (bytes > 1024 * 1024) break
  }
  t.ok(bytes > 1024 * 1024)
})

test('refuse-replays: an assertion needs a new jti (RFC 7523 section 3)', async (t) => {
  standIn.fail('refuse-replays')
  const rejected = { status: 401, text: '{"error":"invalid_client"}\n' }
  const once = await sign(standIn, { claims: { jti: 'a' } })
  t.match(await introspectWith(standIn, token, once), { status: 200, json: { active: true } })
  t.match(await introspectWith(standIn, token, once), rejected, 'the same assertion')
  t.match(await introspectWith(standIn, token, await sign(standIn, { claims: { jti: 'a', exp: Date.now() } })), rejected, 'the same jti')
  t.match(await introspectWith(standIn, token, await sign(standIn)), rejected, 'none')
  t.match(await introspectWith(standIn, token, 'garbage'), rejected)
  t.match(await introspectWith(standIn, token, await sign(standIn, { claims: { jti: 'b' } })), { status: 200, json: { active: true } })
  t.equal((await introspect(standIn, token)).json.active, true, 'a secret has no jti')
})

test('a fault applies to the given number of requests', async (t) => {
  standIn.fail('blocked', { times: 2 })
  const statuses = []
  for (let i = 0; i < 3; i++) statuses.push((await introspect(standIn, token)).status)
  t.same(statuses, [429, 429, 200])
})

test('wrong options of a fault are rejected', async (t) => {
  for (const times of ['1', 1.5, -1, NaN]) {
    t.throws(() => standIn.fail('reset', { times } as never), { name: 'TypeError', message: 'option "times" of fail must be a whole number of requests' })
  }
  for (const options of [1, null, []]) t.throws(() => standIn.fail('reset', options as never), { name: 'TypeError', message: 'the options of fail must be an object { times }' })
  t.throws(() => standIn.fail('reset', { time: 1 } as never), { name: 'TypeError', message: /^unknown option "time" of fail: expected one of times/ })
})

test('an unknown fault is rejected', async (t) => {
  t.throws(() => standIn.fail('restet' as Fault), { name: 'TypeError', message: /^"fault" must be an object, null or one of reset, hang/ })
  for (const [fault, message] of [
    [{}, 'a fault that is an object must have "delay" or "status"'], [{ body: 'x' }, 'must have "delay" or "status"'], [{ delay: undefined }, 'must have "delay" or "status"'],
    [{ statsu: 503 }, 'unknown option "statsu" of a fault'], [{ status: '503' }, 'option "status" of a fault must be a whole number from 200 to 599'], [{ status: 99 }, 'a whole number from 200 to 599'],
    [{ delay: '5' }, 'option "delay" of a fault must be a whole number'], [{ delay: -1 }, 'a whole number'], [{ status: 200, body: 5 }, 'option "body" of a fault must be a string'],
    [{ status: 503, headers: null }, 'option "headers" of a fault must be an object'], [[], 'the options of a fault must be an object']
  ] as const) t.throws(() => standIn.fail(fault as never), { name: 'TypeError', message: new RegExp(message) })
  t.equal((await introspect(standIn, token)).status, 200, 'a rejected fault has no effect')
})
