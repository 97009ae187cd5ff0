import t from 'tap'
import { startStandIn } from '../../lib/testing/index.ts'
import { ManualClock } from '../fixtures/clock.ts'
import { basic, startConnectedApp, reason } from '../fixtures/test-app.ts'
import { send, startPeer } from '../fixtures/peer.ts'

const CREDENTIALS = /check that the key or secret exists and has not expired, that the application, its project and its organization are active, and that "issuer" is exactly what ZITADEL calls itself/
const REQUEST = 'check the options "issuer", "address" and "introspectionEndpoint"'

const REJECTIONS: Array<[status: number, body: string, why: RegExp | string]> = [
  [400, '{"error":"unauthorized_client"}', CREDENTIALS],
  [400, '{"error":"invalid_client","error_description":"client must be authenticated"}', CREDENTIALS],
  [401, '{"error":"invalid_client"}', CREDENTIALS],
  [401, '{"error":"unauthorized_client"}', CREDENTIALS],
  [400, '{"error":"invalid_request"}', REQUEST],
  [400, '{"error":"server_error"}', REQUEST],
  [400, '{"error":["invalid_client"]}', REQUEST],
  [400, 'null', REQUEST],
  [400, '"invalid_client"', REQUEST],
  [401, '<html>invalid_client</html>', REQUEST],
  [401, '', REQUEST]
]

for (const [status, body, why] of REJECTIONS) {
  t.test(`${status} ${body} rejects this API: the response has no details, and the log says what to check`, async (t) => {
    const peer = await startPeer(t, ({ response }) => send(response, status, body))
    const { app, failure, errors } = await startConnectedApp(t, { issuer: peer.origin, credentials: basic })
    const error = await failure()
    t.same([error.code, error.statusCode, error.headers], ['FST_ZITADEL_CLIENT_REJECTED', 500, {}])
    t.match(reason(error), why)
    t.match(reason(error), String(status))
    t.equal(errors.length, 1, 'one line an exchange')
    t.match(JSON.parse(errors[0]!), { level: 50, code: 'FST_ZITADEL_CLIENT_REJECTED', msg: `fastify-zitadel: ${reason(error)}` })

    const { statusCode, body: answered, headers } = await app.inject({ url: '/', headers: { authorization: 'Bearer token' } })
    t.equal(statusCode, 500)
    t.same(JSON.parse(answered), { statusCode: 500, code: error.code, error: 'Internal Server Error', message: 'This API cannot verify access tokens' })
    t.notOk(headers['www-authenticate'])
  })
}

t.test('a 404 before any introspection response is a wrong host or path', async (t) => {
  const standIn = await startStandIn()
  t.teardown(() => standIn.close())
  standIn.fail('unknown-instance')
  const { failure, errors } = await startConnectedApp(t, { issuer: standIn.issuer, credentials: standIn.credentials })
  const error = await failure()
  t.equal(error.code, 'FST_ZITADEL_CLIENT_REJECTED')
  t.match(reason(error), /does not serve this host or path \(404\).*: check the option "issuer"; .* "address", .* "introspectionEndpoint"/)
  t.equal(errors.length, 1)
})

t.test('a 404 after an introspection response is an outage', async (t) => {
  const peer = await startPeer(t, ({ index, response }) => index === 0 ? { active: false } : send(response, 404, ''))
  const { ask, failure, errors } = await startConnectedApp(t, { issuer: peer.origin, credentials: basic })
  t.equal(await ask('first'), 'inactive')
  t.equal(reason(await failure()), 'ZITADEL answered 404')
  t.same(errors, [])
})

t.test('a 404 after an error is a wrong host', async (t) => {
  const peer = await startPeer(t, ({ index, response }) => send(response, index === 0 ? 500 : 404, ''))
  const { ask } = await startConnectedApp(t, { issuer: peer.origin, credentials: basic })
  t.equal(await ask('first'), 'FST_ZITADEL_UNAVAILABLE')
  t.equal(await ask(), 'FST_ZITADEL_CLIENT_REJECTED')
})

for (const iss of ['https://other.example', 'http://127.0.0.1', '', null, 7, ['https://auth.acme.example']]) {
  t.test(`an active response of the issuer ${JSON.stringify(iss)} is not accepted`, async (t) => {
    const peer = await startPeer(t, () => ({ active: true, iss }))
    const { failure, status } = await startConnectedApp(t, { issuer: peer.origin, credentials: basic })
    const error = await failure()
    t.equal(error.code, 'FST_ZITADEL_CLIENT_REJECTED')
    t.match(reason(error), /answered as another issuer.*: check the option "issuer", its port included, and that the header x-zitadel-instance-host arrives/)
    t.equal(await status('/'), 500)
  })
}

t.test('an active response of the configured issuer is accepted, and an inactive one without an issuer', async (t) => {
  const peer = await startPeer(t, ({ index }) => index === 0 ? { active: true, iss: peer.origin } : { active: false, iss: 'x' })
  const { ask } = await startConnectedApp(t, { issuer: peer.origin, credentials: basic })
  t.equal(await ask('live'), 'active')
  t.equal(await ask('dead'), 'inactive')
})

const DATES: Array<[ahead: number, expected: RegExp | undefined]> = [
  [90, /this machine's clock is 90 s ahead of ZITADEL's/],
  [-3600, /this machine's clock is 3600 s behind ZITADEL's/],
  [1, undefined],
  [-1, undefined]
]
for (const [ahead, expected] of DATES) {
  t.test(`a clock ${ahead} s ahead is ${expected === undefined ? 'not ' : ''}named when the credentials are rejected`, async (t) => {
    const clock = new ManualClock()
    clock.jump(-(clock.wall() % 1000) / 1000)
    const date = new Date(clock.wall() - ahead * 1000).toUTCString()
    const peer = await startPeer(t, ({ response }) => send(response, 400, '{"error":"unauthorized_client"}', { date }))
    const { failure } = await startConnectedApp(t, { issuer: peer.origin, credentials: basic }, clock)
    const why = reason(await failure())
    if (expected === undefined) t.notMatch(why, /clock/)
    else t.match(why, expected)
  })
}

t.test('no clock is named if the response has no date, or two', async (t) => {
  const ago = new Date(0).toUTCString()
  for (const date of [undefined, 'yesterday', [ago, ago]]) {
    const peer = await startPeer(t, ({ response }) => {
      response.sendDate = false
      if (date !== undefined) response.setHeader('date', date)
      return send(response, 400, '{"error":"unauthorized_client"}')
    })
    const { failure } = await startConnectedApp(t, { issuer: peer.origin, credentials: basic })
    t.notMatch(reason(await failure()), /clock/)
  }
})
