import t from 'tap'
import type { HttpResponse } from '../../lib/client/http-response.ts'
import { parseJson } from '../../lib/untrusted-json.ts'
import { shouldRetry, classifyResponse, isClientRejection } from '../../lib/client/response-classification.ts'

const issuer = 'https://auth.acme.example'
const NOW = Date.UTC(2026, 0, 1, 12)
const answer = (status: number, body: unknown = '', headers: HttpResponse['headers'] = {}): HttpResponse => {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return { status, text, body: parseJson(text), headers, requestId: ' [x-request-id 7]', parent: '' }
}

const REJECTIONS: Array<[status: number, body: unknown, isRejection: boolean]> = [
  [400, { error: 'unauthorized_client' }, true],
  [401, { error: 'invalid_client' }, true],
  [400, { error: 'invalid_client' }, true],
  [401, { error: 'unauthorized_client' }, true],
  [400, { error: 'invalid_request' }, false],
  [401, '<html>', false],
  [401, 'null', false],
  [401, { error: ['invalid_client'] }, false],
  [200, { error: 'invalid_client' }, false],
  [403, { error: 'invalid_client' }, false],
  [500, { error: 'invalid_client' }, false]
]
for (const [status, body, isRejection] of REJECTIONS) {
  t.test(`${status} ${JSON.stringify(body)} ${isRejection ? 'rejects the client' : 'does not reject the client'}`, async (t) => {
    t.equal(isClientRejection(answer(status, body)), isRejection)
  })
}

t.test('a request is retried after a 502 to 504, and after "inactive" for a token that was active', async (t) => {
  for (const [status, worth] of [[500, false], [501, false], [502, true], [503, true], [504, true], [505, false], [429, false], [404, false]] as const) {
    for (const known of [true, false]) t.equal(shouldRetry(answer(status, { active: false }), known), worth, String(status))
  }
  t.ok(shouldRetry(answer(200, { active: false }), true))
  t.notOk(shouldRetry(answer(200, { active: false }), false))
  t.notOk(shouldRetry(answer(200, { active: true }), true))
  for (const body of ['', 'null', '[]', '{', {}, { active: 'false' }]) t.notOk(shouldRetry(answer(200, body), true))
})

/** The introspection response, or the fields of any other classification. */
function classify (given: HttpResponse, hasResponded = false): unknown {
  const classification = classifyResponse(given, { issuer, hasResponded, now: NOW })
  if ('response' in classification) return classification.response
  const { kind, backoff } = classification
  if (kind === 'rejected') return { kind, backoff, message: classification.rejection.message }
  const { message, advice, canBeCausedByCaller } = classification.outage
  return { kind, backoff, message, advice, canBeCausedByCaller }
}

t.test('a response has the form of RFC 7662, and an active one with an issuer names this issuer', async (t) => {
  for (const body of [{ active: false }, { active: true }, { active: true, iss: issuer }, { active: false, iss: 'https://other.example' }]) t.same(classify(answer(200, body)), body)
  for (const iss of ['https://other.example', `${issuer}/`, '', null, 7]) {
    t.same(classify(answer(200, { active: true, iss })), {
      kind: 'rejected',
      backoff: 6000,
      message: 'ZITADEL answered as another issuer [x-request-id 7]: check the option "issuer", its port included, and that the header x-zitadel-instance-host arrives from "address"'
    })
  }
})

t.test('a 200 without an introspection response is an outage that callers can cause, because they choose the token', async (t) => {
  for (const body of ['', 'null', '[]', '{', {}, { active: 'true' }]) {
    t.match(classify(answer(200, body)), {
      kind: 'outage', backoff: undefined, message: 'ZITADEL answered 200 without an introspection response [x-request-id 7]', advice: /not a proxy, a firewall or a login page/, canBeCausedByCaller: true
    })
  }
})

t.test('rejected credentials are no outage, and the message names what to check and the difference of the clocks', async (t) => {
  const headers = { date: new Date(NOW + 90_000).toUTCString() }
  t.same(classify(answer(400, { error: 'unauthorized_client' }, headers)), {
    kind: 'rejected',
    backoff: 6000,
    message: 'ZITADEL rejects this API\'s credentials (400 unauthorized_client) [x-request-id 7]: check that the key or secret exists and has not expired, that the application, its project and its organization are active, and that "issuer" is exactly what ZITADEL calls itself, port included; this machine\'s clock is 90 s behind ZITADEL\'s'
  })
  t.match(classify(answer(401, { error: 'invalid_client' })), { kind: 'rejected', backoff: 6000, message: /\(401 invalid_client\).*port included$/ })
  for (const [status, body] of [[400, { error: 'invalid_request' }], [401, '<html>'], [400, 'null']] as const) {
    t.same(classify(answer(status, body)), { kind: 'rejected', backoff: undefined, message: `ZITADEL rejects the introspection request (${status}) [x-request-id 7]: check the options "issuer", "address" and "introspectionEndpoint"` })
  }
})

t.test('a 404 is a wrong host, unless this endpoint has sent an introspection response before', async (t) => {
  t.match(classify(answer(404, 'unable to set instance')), { kind: 'rejected', backoff: 6000, message: /^ZITADEL does not serve this host or path \(404\) \[x-request-id 7\]: check the option "issuer".*x-zitadel-instance-host.*"introspectionEndpoint"$/ })
  t.match(classify(answer(404), true), { kind: 'outage', backoff: undefined, message: 'ZITADEL answered 404 [x-request-id 7]', canBeCausedByCaller: true })
})

t.test('any other status is an outage, which callers can cause if it is below 500', async (t) => {
  for (const [status, canBeCausedByCaller] of [[204, true], [302, true], [403, true], [413, true], [499, true], [500, false], [502, false], [599, false]] as const) {
    t.match(classify(answer(status)), { kind: 'outage', backoff: undefined, message: `ZITADEL answered ${status} [x-request-id 7]`, advice: status < 500 ? /firewall/ : /^check ZITADEL and the proxies in front/, canBeCausedByCaller })
  }
  t.match(classify(answer(429, '', { 'retry-after': '20' })), { kind: 'outage', backoff: 20_000, message: 'ZITADEL answered 429 [x-request-id 7]', advice: /quota/, canBeCausedByCaller: true })
  t.match(classify(answer(429)), { backoff: 5000 })
  t.match(classify(answer(503, '', { 'retry-after': '20' })), { backoff: undefined })
})
