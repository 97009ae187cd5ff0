import { createHmac, createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto'
import { CompactSign } from 'jose'

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** Client assertions: valid, invalid and malformed. */
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
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const rfc3339 = (seconds) => new Date(seconds * 1000).toISOString()

  const all = {
    'a good assertion': valid,
    'aud as an array': await sign({ aud: ['other', issuer] }),
    'aud with a trailing slash': await sign({ aud: issuer + '/' }),
    'aud with a path': await sign({ aud: issuer + '/oauth/v2/introspect' }),
    'aud with the default port': await sign({ aud: issuer + ':80' }),
    'aud of another scheme': await sign({ aud: issuer.replace('http', 'https') }),
    'no aud': await sign({ aud: undefined }),
    'aud is a number': await sign({ aud: 1 }),
    'aud is an empty array': await sign({ aud: [] }),
    'exp passed': await sign({ exp: now - 1 }),
    'no exp': await sign({ exp: undefined }),
    'exp is null': await sign({ exp: null }),
    'exp in ten years': await sign({ exp: now + 315360000 }),
    'exp less than the offset away': await sign({ exp: now + 1 }),
    'iat 5 s ahead': await sign({ iat: now + 5 }),
    'no iat': await sign({ iat: undefined }),
    'iat 59 min old': await sign({ iat: now - 3540 }),
    'iat 61 min old': await sign({ iat: now - 3660 }),
    'exp in milliseconds': await sign({ exp: Date.now() + 60000 }),
    'iat in milliseconds': await sign({ iat: Date.now() }),
    'names of claims in capitals': await sign(JSON.stringify({ ISS: good.iss, Sub: good.sub, AUD: good.aud, iAt: good.iat, EXP: good.exp })),
    'line feed at the end': valid + '\n',
    'spaces around it': ` ${valid} `,
    'wrapped lines': valid.replace(/.{64}/g, '$&\r\n'),
    'a space within the payload': `${head}.${payload.slice(0, 8)} ${payload.slice(8)}.${signature}`,
    'times with fractions': await sign({ iat: now - 0.5, exp: now + 60.9 }),
    'times as RFC 3339': await sign({ iat: rfc3339(now), exp: rfc3339(now + 60) }),
    'times as RFC 3339 with an offset': await sign({ iat: rfc3339(now + 7200).replace('.000Z', '+02:00') }),
    'exp as RFC 3339 passed': await sign({ exp: rfc3339(now - 60) }),
    'nbf and jti are not read': await sign({ nbf: now + 1000, jti: 5 }),
    'sub is not iss': await sign({ sub: 'other' }),
    'no sub': await sign({ sub: undefined }),
    'no iss': await sign({ iss: undefined }),
    'iss of another application': await sign({ iss: foreign.clientId, sub: foreign.clientId }),
    'iss of an inactive application': await sign({ iss: inactive.clientId, sub: inactive.clientId }, { kid: inactive.key.keyId }, inactive.key),
    'iss unknown': await sign({ iss: '404', sub: '404' }),
    'unknown kid': await sign({}, { kid: '404' }),
    'no kid': await sign({}, { kid: undefined }),
    'kid of another application': await sign({}, { kid: foreign.key.keyId }, foreign.key),
    'kid is a number': raw(JSON.stringify({ alg: 'RS256', kid: 5 }), JSON.stringify(good), signature),
    'expired key': await sign({}, { kid: expiredKey.keyId }, expiredKey),
    'signed by another key': await sign({}, {}, foreign.key),
    'an application with keys only': await sign({ iss: keyOnly.clientId, sub: keyOnly.clientId }, { kid: keyOnly.key.keyId }, keyOnly.key),
    'algorithm PS256': await sign({}, { alg: 'PS256' }),
    'algorithm RS512': await sign({}, { alg: 'RS512' }),
    'jwk is a public key': await sign({}, { jwk: ec.publicKey.export({ format: 'jwk' }) }),
    'jwk is an RSA key': await sign({}, { jwk: createPublicKey(api.key.key).export({ format: 'jwk' }) }),
    'jwk is an Ed25519 key': await sign({}, { jwk: generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }) }),
    'jwk is null': await sign({}, { jwk: null }),
    'jwk is a private key': await sign({}, { jwk: ec.privateKey.export({ format: 'jwk' }) }),
    'jwk is a symmetric key': await sign({}, { jwk: { kty: 'oct', k: 'AAAA' } }),
    'jwk is an X25519 key': await sign({}, { jwk: generateKeyPairSync('x25519').publicKey.export({ format: 'jwk' }) }),
    'jwk has an unknown curve': await sign({}, { jwk: generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey.export({ format: 'jwk' }) }),
    'jwk is not on its curve': await sign({}, { jwk: { ...ec.publicKey.export({ format: 'jwk' }), x: 'AAAA' } }),
    'jwk lacks its members': await sign({}, { jwk: { kty: 'RSA' } }),
    'jwk is empty': await sign({}, { jwk: {} }),
    'jwk is an array': await sign({}, { jwk: [] }),
    'jwk is a string': await sign({}, { jwk: 'text' }),
    'typ is not read': await sign({}, { typ: 'anything' }),
    'a critical header': raw(JSON.stringify({ ...header, crit: ['x'], x: 1 }), JSON.stringify(good), signature),
    'alg none': forged('none', () => ''),
    'algorithm HS256': forged('HS256', (input) => createHmac('sha256', 'x').update(input).digest('base64url')),
    'ES256 over an RSA key': forged('ES256', () => Buffer.alloc(64).toString('base64url')),
    'algorithm EdDSA': forged('EdDSA', () => Buffer.alloc(64).toString('base64url')),
    'bad signature': `${head}.${payload}.${signature.replace(/^./, (first) => first === 'A' ? 'B' : 'A')}`,
    'signature that is not base64url': `${head}.${payload}.???`,
    'empty signature': `${head}.${payload}.`,
    'header that is not JSON': raw('nothing', JSON.stringify(good)),
    'one part': 'garbage',
    'two parts': `${head}.${payload}`,
    'four parts': `${valid}.x`,
    'payload that is not base64url': `${head}.p+/=.${signature}`,
    'payload with padding': `${head}.${payload}=.${signature}`,
    'payload of an impossible length': `${head}.abcde.${signature}`,
    'payload that is not JSON': raw(JSON.stringify(header), 'nothing'),
    'payload is an array': raw(JSON.stringify(header), '[]'),
    'payload is a string': raw(JSON.stringify(header), '"x"'),
    'payload is empty': raw(JSON.stringify(header), ''),
    'payload is null': raw(JSON.stringify(header), 'null'),
    'iss is a number': await sign({ iss: 5 }),
    'sub is an object': await sign({ sub: {} }),
    'iat is a boolean': await sign({ iat: true }),
    'iat is a string but no time': await sign({ iat: 'now' }),
    'exp is a number in a string': await sign({ exp: String(now + 60) }),
    'exp is a day': await sign({ exp: '2099-01-01' })
  }
  const messages = Object.entries(all).map(([name, assertion]) => ({
    name,
    message: { body: new URLSearchParams({ client_assertion: assertion, client_assertion_type: assertionType, token: tokens.profile }) }
  }))
  const more = {
    'the same assertion again': { client_assertion: valid, token: tokens.profile },
    'an assertion takes precedence over client_id': { client_assertion: valid, client_id: '404', token: tokens.profile },
    'an assertion takes precedence over a secret': { client_assertion: valid, client_id: api.clientId, client_secret: 'wrong', token: tokens.profile },
    'a good assertion, an unknown token': { client_assertion: valid, token: 'garbage' },
    'a bad assertion, an unknown token': { client_assertion: await sign({ exp: 1 }), token: 'garbage' },
    'a good assertion, no token': { client_assertion: valid }
  }
  const basic = {
    name: 'an assertion takes precedence over Basic',
    message: {
      headers: { authorization: 'Basic ' + btoa('other:wrong') },
      body: new URLSearchParams({ client_assertion: valid, client_assertion_type: assertionType, token: tokens.profile })
    }
  }
  return [...messages, basic, ...Object.entries(more).map(([name, parameters]) => ({
    name, message: { body: new URLSearchParams({ ...parameters, client_assertion_type: assertionType }) }
  }))]
}
