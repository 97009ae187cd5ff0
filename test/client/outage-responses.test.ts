import t from 'tap'
import { startStandIn, type Fault } from '../../lib/testing/index.ts'
import { ManualClock } from '../fixtures/clock.ts'
import { basic, startConnectedApp, reason } from '../fixtures/test-app.ts'

const FAULTS: Array<[fault: Fault, why: string | RegExp]> = [
  ['instance-lookup', 'ZITADEL answered 500'],
  ['panic', 'ZITADEL answered 500'],
  ['bad-gateway', 'ZITADEL answered 502'],
  ['blocked', 'ZITADEL answered 429'],
  ['rate-limited', 'ZITADEL answered 429'],
  [{ status: 200, body: '<html>', contentType: 'text/html' }, 'ZITADEL answered 200 without an introspection response'],
  [{ status: 302, headers: { location: '/elsewhere' } }, 'ZITADEL answered 302'],
  ['reset', 'no answer from ZITADEL (ECONNRESET)'],
  ['cut-body', /^no answer from ZITADEL \((UND_ERR_SOCKET|ECONNRESET)\)$/],
  ['stalled-body', 'no answer from ZITADEL within 200 ms'],
  ['hang', 'no answer from ZITADEL within 200 ms']
]

for (const [fault, why] of FAULTS) {
  t.test(`${JSON.stringify(fault)} is an outage`, async (t) => {
    const standIn = await startStandIn()
    t.teardown(() => standIn.close())
    const { app, failure } = await startConnectedApp(t, { issuer: standIn.issuer, credentials: standIn.credentials, timeout: String(why).includes('200 ms') ? 200 : 5000 })
    const token = await standIn.issueToken()
    standIn.fail(fault)
    const error = await failure(token)
    t.same([error.code, error.statusCode], ['FST_ZITADEL_UNAVAILABLE', 503])
    t.match(reason(error), why)

    const { statusCode, headers, body } = await app.inject({ url: '/', headers: { authorization: `Bearer ${token}` } })
    t.same([statusCode, headers['retry-after'], headers['www-authenticate']], [503, '5', undefined])
    t.equal(JSON.parse(body).message, 'The access token cannot be verified right now')
  })
}

t.test('after an outage, requests are served again', async (t) => {
  const standIn = await startStandIn()
  t.teardown(() => standIn.close())
  const clock = new ManualClock()
  const { ask } = await startConnectedApp(t, { issuer: standIn.issuer, credentials: standIn.credentials }, clock)
  const token = await standIn.issueToken()
  for (const [fault] of FAULTS) {
    if (fault === 'hang' || fault === 'stalled-body') continue
    standIn.fail(fault)
    t.equal(await ask(token), 'FST_ZITADEL_UNAVAILABLE')
  }
  standIn.fail(null)
  clock.advance(5)
  t.equal(await ask(token), 'active')
})

t.test('a connection that is refused is an outage', async (t) => {
  const standIn = await startStandIn()
  await standIn.close()
  const { failure } = await startConnectedApp(t, { issuer: standIn.issuer, credentials: basic })
  t.equal(reason(await failure()), 'no answer from ZITADEL (ECONNREFUSED)')
})
