import t from 'tap'
import { getCodeAdvice, getStatusAdvice } from '../../lib/client/advice.ts'

t.test('a status is told by what to check', async (t) => {
  t.match(getStatusAdvice(429), /quota.*"limits\.perSecond"/)
  for (const status of [500, 502, 503, 504, 599]) t.equal(getStatusAdvice(status), 'check ZITADEL and what stands in front of it')
  for (const status of [200, 302, 403, 404, 413]) t.match(getStatusAdvice(status), /"issuer" or "address", and no proxy, firewall or login page/)
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
  ERR_SSL_WRONG_VERSION_NUMBER: /certificate/,
  ANSWER_TOO_LARGE: /1 MiB/,
  ECONNRESET: /the network between/,
  '': /the network between/
}
for (const [code, advice] of Object.entries(CODES)) {
  t.test(`the code "${code}" is told by what to check`, async (t) => { t.match(getCodeAdvice(code), advice) })
}
