import t from 'tap'
import { diagnoseKeyExpiry } from '../../lib/cli/checks/key-expiry.ts'
import { diagnoseTokenForm, type TokenForm } from '../../lib/cli/checks/token-form.ts'

const ISSUER = 'https://auth.acme.example'
const NOW = Date.UTC(2026, 0, 15)
const SECONDS = NOW / 1000

function diagnose (text: string, projectId?: string): TokenForm {
  return diagnoseTokenForm(text, { authorizationServer: { issuer: ISSUER }, projectId } as never, NOW)
}

function createJwt (claims: object): string {
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url')
  return `${encode({ alg: 'RS256' })}.${encode({ iss: ISSUER, sub: 'ada', jti: 'V2_1-at_1', ...claims })}.signature`
}

t.test('a text that is no token is named, and ZITADEL is not asked about it', async (t) => {
  const texts = {
    token_empty: [''],
    token_placeholder: ['undefined', 'null', '[object Object]', '$TOKEN', `$${'{TOKEN}'}`],
    token_with_scheme: ['Bearer abc', 'bearer\tabc'],
    token_quoted: ['"abc', "abc'", '`abc`'],
    token_is_json: ['{"access_token":"abc"}'],
    token_line_breaks: ['abc\ndef', 'abc\rdef'],
    token_too_long: ['a'.repeat(16_385)],
    token_malformed: ['a b', 'é', 'a=b']
  }
  for (const [cause, each] of Object.entries(texts)) {
    for (const text of each) t.match(diagnose(text), { diagnosis: { id: 'token_form', status: 'failed', cause }, isToken: false, claims: undefined }, cause)
  }
})

t.test('an opaque token is one that is no JWT', async (t) => {
  for (const text of ['abc', 'a.b', `a.${Buffer.from('{"iss":"x"}').toString('base64url')}`, 'a.b.c.d', 'a.b.c', `a.${Buffer.from('5').toString('base64url')}.c`, `a.${Buffer.from('null').toString('base64url')}.c`, 'a'.repeat(16_384)]) {
    t.strictSame(diagnose(text), { diagnosis: { id: 'token_form', status: 'ok', message: 'The token is opaque', cause: '', cure: '', see: '' }, isToken: true, claims: undefined })
  }
  t.equal(diagnose('a.b.c.d.e').diagnosis.message, 'The token is opaque (encrypted)')
})

t.test('the claims of a JWT show why it is no access token for this API', async (t) => {
  const cases: Array<[claims: object, id: string, cause: string, message?: string]> = [
    [{ nonce: '1' }, 'token_form', 'id_token'],
    [{ at_hash: '1' }, 'token_form', 'id_token'],
    [{ azp: '1', jti: undefined }, 'token_form', 'id_token'],
    [{ typ: 'Refresh' }, 'token_form', 'refresh_token'],
    [{ jti: 'V2_1-rt_1' }, 'token_form', 'refresh_token'],
    [{ events: {} }, 'token_form', 'logout_token'],
    [{ iss: 'client', sub: 'client', aud: [ISSUER] }, 'token_form', 'client_assertion'],
    [{ iss: 'client', sub: 'client', aud: ISSUER }, 'token_form', 'client_assertion'],
    [{ iss: 'client', sub: 'client', aud: ['other'] }, 'token_issuer', 'token_of_other_issuer'],
    [{ iss: 'client', aud: [ISSUER] }, 'token_issuer', 'token_of_other_issuer'],
    [{ iss: undefined, sub: undefined, aud: [ISSUER] }, 'token_issuer', 'token_of_other_issuer'],
    [{ exp: SECONDS }, 'token_expiry', 'token_expired', 'The token expired 0 s ago'],
    [{ exp: SECONDS - 90 }, 'token_expiry', 'token_expired', 'The token expired 90 s ago'],
    [{ nbf: SECONDS + 61 }, 'token_expiry', 'token_not_yet_valid', 'The token is valid in 61 s'],
    [{ aud: ['2'] }, 'token_audience', 'token_without_audience', 'The project is not in the audience of the token. The scope is urn:zitadel:iam:org:project:id:1:aud']
  ]
  for (const [claims, id, cause, message] of cases) {
    const { diagnosis, isToken } = diagnose(createJwt(claims), '1')
    t.match(diagnosis, { id, status: 'failed', cause, ...(message !== undefined && { message }) }, JSON.stringify(claims))
    t.ok(isToken)
  }
})

t.test('a JWT of this issuer for this API has nothing wrong', async (t) => {
  for (const claims of [{}, { azp: '1' }, { exp: SECONDS + 1 }, { nbf: SECONDS + 60 }, { exp: '1' }, { nbf: '99999999999' }, { aud: '1' }, { aud: ['2', '1'] }]) {
    t.match(diagnose(createJwt({ aud: ['1'], ...claims }), '1'), { diagnosis: { id: 'token_form', status: 'ok', message: 'The token is a JWT of this issuer that has not expired' }, isToken: true, claims: { sub: 'ada' } })
  }
  t.equal(diagnose(createJwt({ aud: ['2'] })).diagnosis.status, 'ok', 'without a project every audience is right')
})

t.test('the end of a key is named from 14 days before', async (t) => {
  const days = 86_400_000
  for (const passed of [0, 1]) t.match(diagnoseKeyExpiry(NOW - passed, NOW), { id: 'options', status: 'failed', cause: 'key_expired', message: 'The key has expired' })
  t.match(diagnoseKeyExpiry(NOW + 1, NOW), { id: 'options', status: 'warning', cause: 'key_expires_soon', message: 'The key expires on 2026-01-15' })
  t.equal(diagnoseKeyExpiry(NOW + 14 * days - 1, NOW)!.message, 'The key expires on 2026-01-28')
  for (const end of [NOW + 14 * days, undefined]) t.equal(diagnoseKeyExpiry(end, NOW), undefined)
})
