import t from 'tap'
import type { Answer } from '../../lib/client/http-response.ts'
import { isWorthAnother, judgeAnswer, refusesClient } from '../../lib/client/response-classification.ts'

const issuer = 'https://auth.acme.example'
const NOW = Date.UTC(2026, 0, 1, 12)
const answer = (status: number, body: unknown = '', headers: Answer['headers'] = {}): Answer =>
  ({ status, text: typeof body === 'string' ? body : JSON.stringify(body), headers, requestId: ' [x-request-id 7]' })

const REFUSALS: Array<[status: number, body: unknown, refuses: boolean]> = [
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
for (const [status, body, refuses] of REFUSALS) {
  t.test(`${status} ${JSON.stringify(body)} ${refuses ? 'refuses whoever asks' : 'says nothing about who asks'}`, async (t) => {
    t.equal(refusesClient(answer(status, body)), refuses)
  })
}

t.test('a second try is worth it for what a gateway says, and for "inactive" of a token that was active', async (t) => {
  for (const [status, worth] of [[500, false], [501, false], [502, true], [503, true], [504, true], [505, false], [429, false], [404, false]] as const) {
    for (const known of [true, false]) t.equal(isWorthAnother(answer(status, { active: false }), known), worth, String(status))
  }
  t.ok(isWorthAnother(answer(200, { active: false }), true))
  t.notOk(isWorthAnother(answer(200, { active: false }), false))
  t.notOk(isWorthAnother(answer(200, { active: true }), true))
  for (const body of ['', 'null', '[]', '{', {}, { active: 'false' }]) t.notOk(isWorthAnother(answer(200, body), true))
})

/** What is judged of an answer: a response, or whose fault it is, with what was seen, what is advised and how long nobody asks. */
function judged (given: Answer, hasAnswered = false): unknown {
  const judgement = judgeAnswer(given, { issuer, hasAnswered, now: NOW })
  if ('response' in judgement) return judgement.response
  const { fault, pause } = judgement
  if (fault === 'ours') return { fault, pause, observed: judgement.observed }
  const { message, advice, provokable } = judgement.outage
  return { fault, pause, message, advice, provokable }
}

t.test('a response is what RFC 7662 says it is, and of this issuer if it is active and says so', async (t) => {
  for (const body of [{ active: false }, { active: true }, { active: true, iss: issuer }, { active: false, iss: 'https://other.example' }]) t.same(judged(answer(200, body)), body)
  for (const iss of ['https://other.example', `${issuer}/`, '', null, 7]) {
    t.same(judged(answer(200, { active: true, iss })), {
      fault: 'ours',
      pause: 6000,
      observed: 'ZITADEL answered as another issuer [x-request-id 7]: check the option "issuer", its port included, and that the header x-zitadel-instance-host arrives from "address"'
    })
  }
})

t.test('a 200 that is no response tells nothing of ZITADEL: strangers may have chosen the token', async (t) => {
  for (const body of ['', 'null', '[]', '{', {}, { active: 'true' }]) {
    t.match(judged(answer(200, body)), {
      fault: 'theirs', pause: undefined, message: 'ZITADEL answered 200 with something that is no introspection response [x-request-id 7]', advice: /no proxy, firewall or login page/, provokable: true
    })
  }
})

t.test('refused credentials are ours, told with what to check and by how much the clocks differ', async (t) => {
  const headers = { date: new Date(NOW + 90_000).toUTCString() }
  t.same(judged(answer(400, { error: 'unauthorized_client' }, headers)), {
    fault: 'ours',
    pause: 6000,
    observed: 'ZITADEL refuses this API\'s credentials (400 unauthorized_client) [x-request-id 7]: check that the key or secret exists and has not expired, that the application, its project and its organisation are active, and that "issuer" is exactly what ZITADEL calls itself, port included; this machine\'s clock is 90 s behind ZITADEL\'s'
  })
  t.match(judged(answer(401, { error: 'invalid_client' })), { fault: 'ours', pause: 6000, observed: /\(401 invalid_client\).*port included$/ })
  for (const [status, body] of [[400, { error: 'invalid_request' }], [401, '<html>'], [400, 'null']] as const) {
    t.same(judged(answer(status, body)), { fault: 'ours', pause: undefined, observed: `ZITADEL refuses the introspection request (${status}) [x-request-id 7]: check the options "issuer", "address" and "introspectionEndpoint"` })
  }
})

t.test('a 404 is a wrong host, unless this endpoint has answered before', async (t) => {
  t.match(judged(answer(404, 'unable to set instance')), { fault: 'ours', pause: 6000, observed: /^ZITADEL does not know this host or path \(404\) \[x-request-id 7\]: check the option "issuer".*x-zitadel-instance-host.*"introspectionEndpoint"$/ })
  t.match(judged(answer(404), true), { fault: 'theirs', pause: undefined, message: 'ZITADEL answered 404 [x-request-id 7]', provokable: true })
})

t.test('any other status is an outage; only from 500 up strangers cannot have brought it about', async (t) => {
  for (const [status, provokable] of [[204, true], [302, true], [403, true], [413, true], [499, true], [500, false], [502, false], [599, false]] as const) {
    t.match(judged(answer(status)), { fault: 'theirs', pause: undefined, message: `ZITADEL answered ${status} [x-request-id 7]`, advice: status < 500 ? /firewall/ : /^check ZITADEL and what stands in front/, provokable })
  }
  t.match(judged(answer(429, '', { 'retry-after': '20' })), { fault: 'theirs', pause: 20_000, message: 'ZITADEL answered 429 [x-request-id 7]', advice: /quota/, provokable: true })
  t.match(judged(answer(429)), { pause: 5000 })
  t.match(judged(answer(503, '', { 'retry-after': '20' })), { pause: undefined })
})
