import t from 'tap'
import { findOtherIssuer } from '../../lib/oauth/token-issuer.ts'

const ISSUER = 'https://auth.acme.example'

function createJwt (claims: unknown): string {
  const encode = (part: unknown): string => Buffer.from(JSON.stringify(part)).toString('base64url')
  return `${encode({ alg: 'RS256' })}.${encode(claims)}.signature`
}

t.test('the issuer of a JWT is found if it is another one', async (t) => {
  t.equal(findOtherIssuer(createJwt({ iss: 'https://other.example' }), ISSUER), 'https://other.example')
  t.equal(findOtherIssuer(createJwt({ iss: 'https://other.example:8443/' }), ISSUER), 'https://other.example:8443')
  t.equal(findOtherIssuer(createJwt({ iss: 'http://auth.acme.example' }), ISSUER), 'http://auth.acme.example')
  for (const iss of [ISSUER, `${ISSUER}/`]) t.equal(findOtherIssuer(createJwt({ iss }), ISSUER), undefined)
})

t.test('an issuer that is no origin of a URL is not shown', async (t) => {
  const issuers = ['https://other.example/realms/x', 'https://other.example?a=secret', 'https://user:secret@other.example', 'other', 'javascript:alert(1)', `https://${'a'.repeat(200)}.example`, 'https://other.example\n', 'https://OTHER.example', 'https://bücher.example', '']
  for (const iss of issuers) t.equal(findOtherIssuer(createJwt({ iss }), ISSUER), '', iss)
})

t.test('a text that is no JWT with an issuer has no issuer', async (t) => {
  for (const claims of [{}, null, 5, [], 'text', { iss: 5 }, { iss: ['https://other.example'] }, { iss: null }]) {
    t.equal(findOtherIssuer(createJwt(claims), ISSUER), undefined, JSON.stringify(claims))
  }
  for (const token of ['', '.', '..', 'opaque', 'a.b', 'a.b.c', 'a.e30', '...', createJwt({ iss: 'https://other.example', filler: 'a'.repeat(10_000) })]) {
    t.equal(findOtherIssuer(token, ISSUER), undefined, token.slice(0, 20))
  }
})
