import { once } from 'node:events'
import { connect } from 'node:net'
import t from 'tap'
import { startStandIn } from '../../lib/testing/index.ts'
import { RequestLog } from '../../lib/testing/server/request-log.ts'
import { introspect, post } from '../fixtures/stand-in-client.ts'

t.test('the server listens on a free port of 127.0.0.1 or on the given port', async (t) => {
  const first = await startStandIn()
  t.match(first.address, /^http:\/\/127\.0\.0\.1:\d+$/)
  t.equal(first.issuer, first.address)
  await t.rejects(startStandIn({ port: Number(new URL(first.address).port) }), { code: 'EADDRINUSE' })
  await first.close()
  const again = await startStandIn({ port: Number(new URL(first.address).port) })
  t.equal(again.address, first.address)
  await again.close()
})

t.test('close ends open connections at once and can be called twice', async (t) => {
  const standIn = await startStandIn()
  const token = await standIn.issueToken()
  await introspect(standIn, token)
  standIn.fail('hang')
  const hanging = introspect(standIn, token)
  hanging.catch(() => {})
  while (standIn.requests.length < 2) await new Promise(setImmediate)
  await standIn.close()
  await standIn.close()
  await t.rejects(hanging, TypeError)
  await t.rejects(introspect(standIn, token), TypeError)
})

t.test('requests records each request with the status and the reason of its response', async (t) => {
  const standIn = await startStandIn()
  t.teardown(() => standIn.close())
  const token = await standIn.issueToken()
  await introspect(standIn, token, { ...standIn.api, clientSecret: 'wrong' })
  await fetch(`${standIn.address}/oauth/v2/keys?x=1`, { method: 'PUT', headers: { 'content-type': 'application/json', 'x-mine': 'yes' }, body: '{"a":"b&c=d"}' })
  const [first, second] = standIn.requests
  t.match(first, { method: 'POST', path: '/oauth/v2/introspect', status: 400, reason: 'wrong client secret' })
  t.equal(first?.body.get('token'), token)
  t.match(second, { method: 'PUT', path: '/oauth/v2/keys', status: 200, headers: { 'x-mine': 'yes' } })
  t.equal(second?.query.get('x'), '1')
  t.equal(second?.body.size, 0, 'not a form')
  t.notOk('reason' in second!)
})

t.test('requests keeps the last 1000 requests', async (t) => {
  const log = new RequestLog()
  const request = { method: 'GET', query: new URLSearchParams(), headers: {}, body: new URLSearchParams(), status: 200 }
  for (let i = 0; i <= 1000; i++) log.add({ ...request, path: `/${i}` })
  t.equal(log.requests.length, 1000)
  t.equal(log.requests[0]?.path, '/1')
  t.equal(log.requests.at(-1)?.path, '/1000')
})

t.test('every response has the headers of ZITADEL', async (t) => {
  const now = 1_783_670_400_000
  const standIn = await startStandIn({ clock: () => now })
  t.teardown(() => standIn.close())
  const { headers } = await introspect(standIn, await standIn.issueToken())
  t.equal(headers.get('content-type'), 'application/json')
  t.equal(headers.get('cache-control'), 'no-store')
  t.equal(headers.get('pragma'), 'no-cache')
  t.equal(headers.get('date'), new Date(now).toUTCString())
  t.equal(headers.get('expires'), new Date(now - 3600 * 1000).toUTCString(), 'an hour ago')
  t.match(headers.get('set-cookie'), /^zitadel\.useragent=.+; HttpOnly/)
  t.match(headers.get('x-request-id'), /^.{8,}$/)
  t.equal(headers.get('access-control-allow-origin'), null)
  const { headers: other } = await post(standIn, '')
  t.not(other.get('x-request-id'), headers.get('x-request-id'), 'a new id for each request')
})

t.test('CORS is open to every origin', async (t) => {
  const standIn = await startStandIn()
  t.teardown(() => standIn.close())
  const { headers } = await post(standIn, '', { origin: 'https://app.example' })
  t.equal(headers.get('access-control-allow-origin'), 'https://app.example')
  t.equal(headers.get('access-control-allow-credentials'), 'true')
  t.match(headers.get('vary'), /Origin/)
  const preflight = await fetch(`${standIn.address}/oauth/v2/introspect`, { method: 'OPTIONS', headers: { origin: 'https://app.example', 'access-control-request-method': 'POST' } })
  t.equal(preflight.status, 204)
  t.match(preflight.headers.get('access-control-allow-methods'), /POST/)
})

t.test('every method is accepted and parameters come from query string and body', async (t) => {
  const standIn = await startStandIn()
  t.teardown(() => standIn.close())
  const token = await standIn.issueToken()
  const { clientId, clientSecret } = standIn.api
  const form = new URLSearchParams({ client_id: clientId, client_secret: clientSecret, token })
  const url = `${standIn.address}/oauth/v2/introspect`
  const active = async (response: Promise<Response>) => (await (await response).json() as { active?: boolean }).active
  t.equal(await active(fetch(`${url}?${form}`)), true, 'GET')
  t.equal(await active(fetch(`${url}?${form}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' })), true, 'all in the query')
  t.equal(await active(fetch(`${url}?${form}`, { method: 'OPTIONS' })), true, 'OPTIONS without preflight headers')
  for (const method of ['PUT', 'PATCH']) t.equal(await active(fetch(url, { method, body: form })), true, method)
  t.equal((await fetch(url, { method: 'DELETE', body: form })).status, 400, 'a body that is not read')
  t.equal(await active(fetch(`${url}?token=garbage`, { method: 'POST', body: form })), false, 'the query comes after the body')
  t.equal(await active(fetch(url, { method: 'POST', headers: { 'content-type': 'Application/X-WWW-Form-Urlencoded ; charset="utf-8"' }, body: `token=x&TOKEN=${token}&${form}&&flag` })), true)
  t.equal((await fetch(url, { method: 'POST', body: Buffer.from(form.toString()) })).status, 400, 'no content type')
  t.equal((await fetch(url, { method: 'HEAD' })).status, 400)
})

t.test('Basic takes precedence over the form, its id and secret are form-decoded and its scheme has any case', async (t) => {
  const standIn = await startStandIn()
  t.teardown(() => standIn.close())
  const token = await standIn.issueToken()
  const { clientId, clientSecret } = standIn.api
  const encoded = clientId.replace('2', '%32')
  const authorization = `bASIC ${btoa(`${encoded}:${clientSecret}`)}`
  t.match(await post(standIn, { token, client_id: 'other', client_secret: 'wrong' }, { authorization }), { status: 200, json: { active: true } })
})

t.test('a request that is cut off is not recorded', async (t) => {
  const standIn = await startStandIn()
  t.teardown(() => standIn.close())
  const socket = connect(Number(new URL(standIn.address).port), '127.0.0.1')
  socket.write('POST /oauth/v2/introspect HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\nexpect: 100-continue\r\n\r\n')
  await once(socket, 'data')
  socket.resetAndDestroy()
  t.equal((await introspect(standIn, await standIn.issueToken())).json.active, true)
  t.equal(standIn.requests.length, 1)
})

t.test('two stand-ins have different secrets, addresses and tokens', async (t) => {
  const [one, two] = await Promise.all([startStandIn(), startStandIn()])
  t.teardown(() => Promise.all([one.close(), two.close()]))
  t.not(one.api.clientSecret, two.api.clientSecret)
  t.not(one.address, two.address)
  t.equal((await introspect(two, await one.issueToken())).json.active, false)
})
