import { createHmac, createPrivateKey } from 'node:crypto'
import { CompactSign } from 'jose'

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** Section 2, and row 7: assertions that cannot be parsed. */
export async function assertionCases ({ apis: { api, keyOnly, inactive, foreign }, expiredKey, tokens, issuer }) {
  const now = Math.floor(Date.now() / 1000)
  const good = { iss: api.clientId, sub: api.clientId, aud: issuer, iat: now, exp: now + 3600 }
  const header = { alg: 'RS256', kid: api.key.keyId }
  const sign = async (claims, head = {}, key = api.key) => {
    const payload = typeof claims === 'string' ? claims : JSON.stringify({ ...good, ...claims })
    return await new CompactSign(Buffer.from(payload)).setProtectedHeader({ ...header, ...head }).sign(createPrivateKey(key.key))
  }
  const raw = (head, payload, signature = 'c2ln') => [head, payload].map((part) => Buffer.from(part).toString('base64url')).join('.') + '.' + signature
  const forged = (alg, signature) => {
    const input = raw(JSON.stringify({ ...header, alg }), JSON.stringify(good), '').slice(0, -1)
    return `${input}.${signature(input)}`
  }
  const valid = await sign({})
  const [head, payload, signature] = valid.split('.')
  const rfc3339 = (seconds) => new Date(seconds * 1000).toISOString()

  const all = {
    'section 2: a good assertion': valid,
    'section 2: aud as an array': await sign({ aud: ['other', issuer] }),
    'section 2: aud with a trailing slash': await sign({ aud: issuer + '/' }),
    'section 2: aud with a path': await sign({ aud: issuer + '/oauth/v2/introspect' }),
    'section 2: aud with the default port': await sign({ aud: issuer + ':80' }),
    'section 2: aud of another scheme': await sign({ aud: issuer.replace('http', 'https') }),
    'section 2: no aud': await sign({ aud: undefined }),
    'section 2: aud is a number': await sign({ aud: 1 }),
    'section 2: aud is an empty array': await sign({ aud: [] }),
    'section 2: exp passed': await sign({ exp: now - 1 }),
    'section 2: no exp': await sign({ exp: undefined }),
    'section 2: exp is null': await sign({ exp: null }),
    'section 2: exp in ten years': await sign({ exp: now + 315360000 }),
    'section 2: exp less than the offset away': await sign({ exp: now + 1 }),
    'section 2: iat 5 s ahead': await sign({ iat: now + 5 }),
    'section 2: no iat': await sign({ iat: undefined }),
    'section 2: iat 59 min old': await sign({ iat: now - 3540 }),
    'section 2: iat 61 min old': await sign({ iat: now - 3660 }),
    'section 2: exp in milliseconds': await sign({ exp: Date.now() + 60000 }),
    'section 2: iat in milliseconds': await sign({ iat: Date.now() }),
    'section 2: names of claims in capitals': await sign(JSON.stringify({ ISS: good.iss, Sub: good.sub, AUD: good.aud, iAt: good.iat, EXP: good.exp })),
    'section 2: line feed at the end': valid + '\n',
    'section 2: spaces around it': ` ${valid} `,
    'section 2: wrapped lines': valid.replace(/.{64}/g, '$&\r\n'),
    'row 7: a space within the payload': `${head}.${payload.slice(0, 8)} ${payload.slice(8)}.${signature}`,
    'section 2: times with fractions': await sign({ iat: now - 0.5, exp: now + 60.9 }),
    'section 2: times as RFC 3339': await sign({ iat: rfc3339(now), exp: rfc3339(now + 60) }),
    'section 2: times as RFC 3339 with an offset': await sign({ iat: rfc3339(now + 7200).replace('.000Z', '+02:00') }),
    'section 2: exp as RFC 3339 passed': await sign({ exp: rfc3339(now - 60) }),
    'section 2: nbf and jti are not read': await sign({ nbf: now + 1000, jti: 5 }),
    'section 2: sub is not iss': await sign({ sub: 'other' }),
    'section 2: no sub': await sign({ sub: undefined }),
    'section 2: no iss': await sign({ iss: undefined }),
    'section 2: iss of another application': await sign({ iss: foreign.clientId, sub: foreign.clientId }),
    'section 2: iss of an inactive application': await sign({ iss: inactive.clientId, sub: inactive.clientId }, { kid: inactive.key.keyId }, inactive.key),
    'section 2: iss unknown': await sign({ iss: '404', sub: '404' }),
    'section 2: unknown kid': await sign({}, { kid: '404' }),
    'section 2: no kid': await sign({}, { kid: undefined }),
    'section 2: kid of another application': await sign({}, { kid: foreign.key.keyId }, foreign.key),
    'section 2: kid is a number': raw(JSON.stringify({ alg: 'RS256', kid: 5 }), JSON.stringify(good), signature),
    'section 2: expired key': await sign({}, { kid: expiredKey.keyId }, expiredKey),
    'section 2: signed by another key': await sign({}, {}, foreign.key),
    'section 2: an application with keys only': await sign({ iss: keyOnly.clientId, sub: keyOnly.clientId }, { kid: keyOnly.key.keyId }, keyOnly.key),
    'section 2: PS256': await sign({}, { alg: 'PS256' }),
    'section 2: RS512': await sign({}, { alg: 'RS512' }),
    'section 2: typ is not read': await sign({}, { typ: 'anything' }),
    'section 2: a critical header': raw(JSON.stringify({ ...header, crit: ['x'], x: 1 }), JSON.stringify(good), signature),
    'section 2: alg none': forged('none', () => ''),
    'section 2: HS256': forged('HS256', (input) => createHmac('sha256', 'x').update(input).digest('base64url')),
    'section 2: ES256 over an RSA key': forged('ES256', () => Buffer.alloc(64).toString('base64url')),
    'section 2: EdDSA': forged('EdDSA', () => Buffer.alloc(64).toString('base64url')),
    'section 2: bad signature': `${head}.${payload}.${signature.replace(/^./, (first) => first === 'A' ? 'B' : 'A')}`,
    'section 2: signature that is not base64url': `${head}.${payload}.???`,
    'section 2: empty signature': `${head}.${payload}.`,
    'section 2: header that is not JSON': raw('nothing', JSON.stringify(good)),
    'row 7: one part': 'garbage',
    'row 7: two parts': `${head}.${payload}`,
    'row 7: four parts': `${valid}.x`,
    'row 7: payload that is not base64url': `${head}.p+/=.${signature}`,
    'row 7: payload with padding': `${head}.${payload}=.${signature}`,
    'row 7: payload of an impossible length': `${head}.abcde.${signature}`,
    'row 7: payload that is not JSON': raw(JSON.stringify(header), 'nothing'),
    'row 7: payload is an array': raw(JSON.stringify(header), '[]'),
    'row 7: payload is a string': raw(JSON.stringify(header), '"x"'),
    'row 7: payload is empty': raw(JSON.stringify(header), ''),
    'row 8: payload is null': raw(JSON.stringify(header), 'null'),
    'row 7: iss is a number': await sign({ iss: 5 }),
    'row 7: sub is an object': await sign({ sub: {} }),
    'row 7: iat is a boolean': await sign({ iat: true }),
    'row 7: iat is a string but no time': await sign({ iat: 'now' }),
    'row 7: exp is a number in a string': await sign({ exp: String(now + 60) }),
    'row 7: exp is a day': await sign({ exp: '2099-01-01' })
  }
  const messages = Object.entries(all).map(([name, assertion]) => ({
    name,
    message: { body: new URLSearchParams({ client_assertion: assertion, client_assertion_type: assertionType, token: tokens.profile }) }
  }))
  const more = {
    'section 2: the same assertion again': { client_assertion: valid, token: tokens.profile },
    'section 1.2: an assertion wins over client_id': { client_assertion: valid, client_id: '404', token: tokens.profile },
    'row 22 (not in v3.47.5): an assertion wins over a secret': { client_assertion: valid, client_id: api.clientId, client_secret: 'wrong', token: tokens.profile },
    'a good assertion, an unknown token': { client_assertion: valid, token: 'garbage' },
    'a bad assertion, an unknown token': { client_assertion: await sign({ exp: 1 }), token: 'garbage' },
    'a good assertion, no token': { client_assertion: valid }
  }
  const basic = {
    name: 'row 22 (not in v3.47.5): an assertion wins over Basic',
    message: {
      headers: { authorization: 'Basic ' + btoa('other:wrong') },
      body: new URLSearchParams({ client_assertion: valid, client_assertion_type: assertionType, token: tokens.profile })
    }
  }
  return [...messages, basic, ...Object.entries(more).map(([name, parameters]) => ({
    name, message: { body: new URLSearchParams({ ...parameters, client_assertion_type: assertionType }) }
  }))]
}
