import { createHmac, createPrivateKey } from 'node:crypto'
import { CompactSign } from 'jose'

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/**
 * What is sent to both servers. Names are those of the rows and rules that they stand for.
 *
 * @returns {Promise<{ name: string, message: Parameters<typeof import('./wire.js').send>[1] }[]>}
 */
export async function cases (world) {
  return [...requests(world), ...await assertions(world), ...tokens(world)]
}

function requests ({ apis: { api, keyOnly, inactive, foreign }, tokens, issuer }) {
  const post = { client_id: api.clientId, client_secret: api.clientSecret }
  const token = tokens.profile
  const form = (parameters) => ({ body: new URLSearchParams(parameters) })
  const basic = (id, secret, body = { token }) => ({ headers: { authorization: 'Basic ' + btoa(`${id}:${secret}`) }, body: new URLSearchParams(body) })
  const good = new URLSearchParams({ ...post, token }).toString()
  const all = {
    'row 1: empty body': { body: '' },
    'row 1: JSON body': { headers: { 'content-type': 'application/json' }, body: JSON.stringify({ ...post, token }) },
    'row 1: multipart body': { headers: { 'content-type': 'multipart/form-data; boundary=x' }, body: `--x\r\ncontent-disposition: form-data; name="token"\r\n\r\n${token}\r\n--x--` },
    'row 1: no content type': { headers: { 'content-type': '' }, body: good },
    'row 1: a token, but no credentials': form({ token }),
    'row 1: a bearer token is no client authentication': { headers: { authorization: `Bearer ${token}` }, body: `token=${token}` },
    'row 1: Basic that is not base64': { headers: { authorization: 'Basic %%%' }, body: `token=${token}` },
    'row 1: Basic without a colon': { headers: { authorization: 'Basic ' + btoa('abc') }, body: `token=${token}` },
    'row 1: Basic with an empty id': basic('', 'secret'),
    'row 2: bad percent-encoding': { body: good + '&x=%zz' },
    'row 2: bad percent-encoding at the end': { body: good + '&x=%4' },
    'row 2: semicolon': { body: good + ';x=1' },
    'row 2: bad percent-encoding in the query': { query: '?x=%zz', body: good },
    'row 2: content type that is none': { headers: { 'content-type': 'a b' }, body: good },
    'row 2: bad parameter of the content type': { headers: { 'content-type': 'application/x-www-form-urlencoded; charset' }, body: good },
    'row 3: assertion without a type': form({ client_assertion: 'a.b.c', token }),
    'row 3: assertion of another type': form({ client_assertion: 'a.b.c', client_assertion_type: 'urn:<other>&', token }),
    'row 3: comes before a missing token': form({ client_assertion: 'a.b.c', client_assertion_type: 'x' }),
    'row 4: Basic with bad percent-encoding in the id': basic('%zz', 'secret'),
    'row 4: Basic with bad percent-encoding in the secret': basic(api.clientId, 'a%'),
    'row 5: neither secret nor assertion': form({ client_id: api.clientId, token }),
    'row 5: Basic with an empty secret': basic(api.clientId, ''),
    'row 5: comes before a missing token': form({ client_id: api.clientId }),
    'row 6: no token': form(post),
    'row 6: empty token': form({ ...post, token: '' }),
    'row 6: comes before a wrong secret': form({ client_id: api.clientId, client_secret: 'wrong' }),
    'row 8: unknown client': form({ client_id: '404', client_secret: 'x', token }),
    'row 8: unknown client named __proto__': form({ client_id: '__proto__', client_secret: 'x', token }),
    'row 8: inactive client': form({ client_id: inactive.clientId, client_secret: inactive.clientSecret, token }),
    'row 8: a client error goes before a token error': form({ client_id: '404', client_secret: 'x', token: 'garbage' }),
    'row 10: wrong secret': form({ ...post, client_secret: 'wrong', token }),
    'row 10: wrong secret by Basic': basic(api.clientId, 'wrong'),
    'row 10: secret for an application that has keys only': basic(keyOnly.clientId, 'x'),
    client_secret_post: form({ ...post, token }),
    client_secret_basic: basic(api.clientId, api.clientSecret),
    'client_secret_basic: any case of the scheme': { headers: { authorization: 'bASIC ' + btoa(`${api.clientId}:${api.clientSecret}`) }, body: `token=${token}` },
    'client_secret_basic: id and secret are form-decoded': basic(api.clientId.replace(/^2/, '%32'), api.clientSecret),
    'client_secret_basic wins over the form': basic(api.clientId, api.clientSecret, { client_id: 'other', client_secret: 'wrong', token }),
    'GET with a query': { method: 'GET', query: '?' + good },
    'GET does not read a body': { method: 'GET', body: good },
    'PUT and PATCH read a body': { method: 'PUT', body: good },
    'DELETE does not read a body': { method: 'DELETE', query: '?token=' + token, body: good },
    'everything in the query string of a JSON POST': { query: '?' + good, headers: { 'content-type': 'application/json' }, body: '{}' },
    'the last of two tokens counts': { body: `token=garbage&${good}` },
    'the last of two tokens counts, the other way round': { body: `${good}&token=garbage` },
    'the query comes after the body': { query: '?token=garbage', body: good },
    'an empty last value': { body: `${good}&token=` },
    'names are compared without case': { body: good.replace('token=', 'TOKEN=') },
    'a name without a value': { body: `${good}&flag&&=&x=` },
    'the content type with a charset and capitals': { headers: { 'content-type': 'Application/X-WWW-Form-Urlencoded ; charset="utf-8"' }, body: good },
    'unknown parameters are ignored': form({ ...post, token, token_type_hint: 'access_token', scope: 'x' }),
    'plus and spaces': form({ ...post, token: token + ' ' }),
    'foreign application': form({ client_id: foreign.clientId, client_secret: foreign.clientSecret, token: tokens.bothProjects }),
    'issuer as host': { headers: { origin: issuer }, ...form({ ...post, token }) }
  }
  return Object.entries(all).map(([name, message]) => ({ name, message }))
}

async function assertions ({ apis: { api, keyOnly, inactive, foreign }, expiredKey, tokens, issuer }) {
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
    'section 2: HS256 with the public key': forged('HS256', (input) => createHmac('sha256', 'x').update(input).digest('base64url')),
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
  return [...messages, ...Object.entries(more).map(([name, parameters]) => ({
    name, message: { body: new URLSearchParams({ ...parameters, client_assertion_type: assertionType }) }
  }))]
}

function tokens ({ apis: { api, foreign }, tokens }) {
  const strings = {
    ...tokens,
    'row 11: garbage': 'garbage',
    'row 11: five parts': 'eyJhbGciOiJBMjU2R0NNS1cifQ.a.b.c.d',
    'row 11: __proto__': '__proto__',
    'row 11: another signature': tokens.jwt + 'x',
    'row 12: session token': 'sess_280000000000000001'
  }
  return [api, foreign].flatMap(({ clientId, clientSecret }, i) => Object.entries(strings).map(([name, token]) => ({
    name: `section 3: ${name}, asked by ${['its own API', 'an API of another project'][i]}`,
    message: { body: new URLSearchParams({ client_id: clientId, client_secret: clientSecret, token }) }
  })))
}
