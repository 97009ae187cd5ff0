import t from 'tap'
import { DeadlineExceededError } from '../../lib/client/deadline.ts'
import { getCodeAdvice, getErrorCode, getStatusAdvice, toOutageError } from '../../lib/client/outage.ts'
import { ProxyRejectedError } from '../../lib/client/proxy-tunnel.ts'
import { SigningError } from '../../lib/oauth/private-key-jwt.ts'

/** The message of an outage, its advice, and whether callers can cause it. */
function describe (error: unknown, hasStarted = true): [message: string, advice: string, canBeCausedByCaller: boolean] {
  const { message, advice, canBeCausedByCaller } = toOutageError(error, 250, hasStarted)
  return [message, advice, canBeCausedByCaller]
}

const coded = (code: unknown, message = 'a secret'): Error => Object.assign(new Error(message), { code })

t.test('a timeout names ZITADEL, or the queue if the request never left it', async (t) => {
  t.same(describe(new DeadlineExceededError()), ['no answer from ZITADEL within 250 ms', 'check the load of ZITADEL and the network between, or raise the option "timeout"', false])
  t.same(describe(new DeadlineExceededError(), false), ['250 ms passed in the queue', 'check for a flood of tokens, or raise the option "limits"', true])
})

t.test('the message of an HTTP parser is not used, because it quotes the peer', async (t) => {
  const error = Object.assign(new Error('a secret'), { name: 'HTTPParserError', code: 'HPE_INVALID_CONSTANT' })
  const [message, advice, canBeCausedByCaller] = describe(error)
  t.equal(message, 'the response is not HTTP')
  t.match(advice, /check that ZITADEL answers/)
  t.notOk(canBeCausedByCaller)
})

t.test('the failure of a signer is no failure of ZITADEL', async (t) => {
  const error = new SigningError('the signer threw')
  t.same(describe(error), [error.message, 'check the option "credentials", and the key store behind it', false])
})

t.test('the advice about a proxy is added if the network or the proxy can be the reason', async (t) => {
  const advice = (error: unknown, hasStarted = true): boolean => toOutageError(error, 250, hasStarted, '; the proxy').advice.endsWith('; the proxy')
  for (const code of ['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED', 'UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_SOCKET', 'UND_ERR_ABORTED', 'PROXY_CONNECTION_ENDED']) t.ok(advice(coded(code)), code)
  t.ok(advice(new ProxyRejectedError(407)))
  t.ok(advice(new DeadlineExceededError()))
  t.notOk(advice(new DeadlineExceededError(), false))
  for (const error of [coded('UND_ERR_CLOSED'), coded('RESPONSE_TOO_LARGE'), new TypeError(), new SigningError('')]) t.notOk(advice(error))
})

t.test('a rejection of a proxy has its status, or its code without one', async (t) => {
  t.equal(describe(new ProxyRejectedError(403))[0], 'the proxy rejected the connection to ZITADEL (403)')
  t.equal(describe(coded('UND_ERR_ABORTED', 'Proxy response (502) !== 200 when HTTP Tunneling'))[0], 'the proxy rejected the connection to ZITADEL (502)')
  t.equal(describe(coded('UND_ERR_INVALID_ARG', 'Proxy Authentication Required (407)'))[0], 'the proxy rejected the connection to ZITADEL (407)')
  t.equal(describe(coded('UND_ERR_ABORTED'))[0], 'the proxy rejected the connection to ZITADEL (UND_ERR_ABORTED)')
  t.equal(describe(coded('E_OTHER', 'Proxy response (502) !== 200'))[0], 'no answer from ZITADEL (E_OTHER)')
})

t.test('an error is described by its code', async (t) => {
  t.same(describe(coded('ECONNREFUSED')), ['no answer from ZITADEL (ECONNREFUSED)', 'check that ZITADEL runs, and listens at "issuer" or "address"', false])
  t.same(describe(coded('RESPONSE_TOO_LARGE')).slice(0, 1), ['no answer from ZITADEL (RESPONSE_TOO_LARGE)'])
  t.equal(describe(coded('RESPONSE_TOO_LARGE'))[2], true, 'a caller can choose a token whose response is too large')
})

const MISTAKES: Array<[error: Error, name: string]> = [
  [new TypeError('a secret'), 'TypeError'],
  [new RangeError('a secret'), 'RangeError'],
  [new ReferenceError('a secret'), 'ReferenceError'],
  [Object.assign(new TypeError('a secret'), { code: 'ERR_INVALID_ARG_TYPE' }), 'ERR_INVALID_ARG_TYPE'],
  [Object.assign(new TypeError('a secret'), { code: 'E_OTHER' }), 'E_OTHER'],
  [coded('UND_ERR_INVALID_ARG'), 'UND_ERR_INVALID_ARG'],
  [coded('UND_ERR_NOT_SUPPORTED'), 'UND_ERR_NOT_SUPPORTED'],
  [coded('ERR_ASSERTION'), 'ERR_ASSERTION']
]
for (const [error, name] of MISTAKES) {
  t.test(`${error.name} with the code ${String((error as { code?: unknown }).code)} is a programming error`, async (t) => {
    const [message, advice, canBeCausedByCaller] = describe(error)
    t.equal(message, `the request to ZITADEL could not be sent (${name})`)
    t.match(advice, /programming error in the option "dispatcher"/)
    t.notMatch(advice, /check ZITADEL/)
    t.notOk(canBeCausedByCaller)
  })
}

t.test('a TypeError with a cause is an outage, because the global fetch throws it for a broken connection', async (t) => {
  t.equal(describe(new TypeError('fetch failed', { cause: coded('ECONNRESET') }))[0], 'no answer from ZITADEL (the connection failed)')
})

const CODELESS = [
  null, undefined, 'a secret', 7, new Error('a secret'),
  coded(7), coded(['ECONNRESET']), coded({ toString: () => 'ECONNRESET' }),
  coded('a secret'), coded('ECONNRESET a secret'), coded('a secret\nECONNRESET'), coded('ECONNRESETé'), coded('1E'), coded(''), coded(`E${'X'.repeat(41)}`)
]
t.test('a value that cannot be a code is not quoted', async (t) => {
  for (const error of CODELESS) {
    t.equal(getErrorCode(error), '')
    t.same(describe(error), ['no answer from ZITADEL (the connection failed)', 'check ZITADEL, the proxies in front of it, and the network', false])
  }
  for (const code of ['E', 'ECONNRESET', 'UND_ERR_SOCKET', 'E_2', `E${'X'.repeat(40)}`]) t.equal(getErrorCode(coded(code)), code)
})

t.test('each status has its advice', async (t) => {
  t.equal(getStatusAdvice(407), 'check the user and the password of the proxy')
  t.match(getStatusAdvice(429), /quota.*"limits\.perSecond"/)
  for (const status of [500, 502, 503, 504, 599]) t.equal(getStatusAdvice(status), 'check ZITADEL and the proxies in front of it')
  for (const status of [200, 302, 403, 404, 413]) t.match(getStatusAdvice(status), /"issuer" or "address", and not a proxy, a firewall or a login page/)
})

const CODES: Record<string, RegExp> = {
  ENOTFOUND: /check the name in "issuer" or "address"/,
  EAI_AGAIN: /name server/,
  ECONNREFUSED: /check that ZITADEL runs/,
  DEPTH_ZERO_SELF_SIGNED_CERT: /"dispatcher" or the variable NODE_EXTRA_CA_CERTS/,
  CERT_HAS_EXPIRED: /certificate/,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: /certificate/,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: /certificate/,
  ERR_TLS_CERT_ALTNAME_INVALID: /certificate/,
  ERR_SSL_WRONG_VERSION_NUMBER: /does not use TLS: .*plain http/,
  EPROTO: /does not use TLS/,
  UND_ERR_CLOSED: /was closed before the server/,
  UND_ERR_DESTROYED: /was closed before the server/,
  RESPONSE_TOO_LARGE: /1 MiB/,
  ECONNRESET: /the proxies in front of it, and the network$/,
  '': /the proxies in front of it, and the network$/
}
for (const [code, advice] of Object.entries(CODES)) {
  t.test(`the code "${code}" has its advice`, async (t) => { t.match(getCodeAdvice(code), advice) })
}
