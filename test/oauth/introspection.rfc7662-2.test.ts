import t from 'tap'
import { createIntrospectionBody, isIntrospectionResponse } from '../../lib/oauth/introspection.ts'
import { getExpiry, isCurrentlyValid } from '../../lib/oauth/token-validity.ts'
import { isUnboundBearer } from '../../lib/oauth/bearer.ts'

const NOW = Date.UTC(2030, 0, 1)
const SECONDS = NOW / 1000

t.test('the request is a form that contains the token (section 2.1)', async (t) => {
  for (const token of ['mF_9.B5f-4.1JqM', 'a+b/c==', 'a~b', 'a&client_id=evil', 'a b%']) {
    t.same([...new URLSearchParams(createIntrospectionBody(token))], [['token', token]])
  }
})

t.test('a response is an object with a boolean active, and times that are numbers (section 2.2)', async (t) => {
  const responses = [{ active: true }, { active: false }, { active: true, exp: SECONDS, nbf: SECONDS }, { active: true, exp: 0 }, { active: true, exp: SECONDS + 0.5 }]
  for (const body of responses) t.ok(isIntrospectionResponse(body), JSON.stringify(body))
})

t.test('other members can have any type', async (t) => {
  t.ok(isIntrospectionResponse({ active: true, scope: 5, aud: {}, sub: null, locale: null, iat: 'yesterday' }))
})

t.test('any other value is no response', async (t) => {
  const bodies = [
    undefined, null, true, 'active', 1, [], [{ active: true }], Object.assign([], { active: true }), {}, { error: 'server_error' },
    { active: 'true' }, { active: 1 }, { active: null }, { Active: true },
    ...[null, '1893456000', true, {}, [], NaN, Infinity].flatMap((time) => [{ active: true, exp: time }, { active: true, nbf: time }, { active: false, exp: time }])
  ]
  for (const body of bodies) t.notOk(isIntrospectionResponse(body), JSON.stringify(body))
})

t.test('an active token is valid until the second of its exp', async (t) => {
  const token = { active: true, exp: SECONDS }
  t.ok(isCurrentlyValid(token, NOW - 1))
  t.notOk(isCurrentlyValid(token, NOW))
  t.notOk(isCurrentlyValid({ active: true, exp: 0 }, NOW))
  t.notOk(isCurrentlyValid({ active: true, exp: -SECONDS }, NOW))
  t.equal(getExpiry(token), NOW)
})

t.test('a token without exp does not expire', async (t) => {
  t.ok(isCurrentlyValid({ active: true }, NOW))
  t.equal(getExpiry({ active: true }), Infinity)
})

t.test('an inactive token is not valid, at any time', async (t) => {
  t.notOk(isCurrentlyValid({ active: false }, NOW))
  t.notOk(isCurrentlyValid({ active: false, exp: SECONDS + 60, nbf: SECONDS - 60 }, NOW))
})

t.test('nbf can be at most one minute ahead of the clock of this machine', async (t) => {
  t.ok(isCurrentlyValid({ active: true, nbf: SECONDS }, NOW))
  t.ok(isCurrentlyValid({ active: true, nbf: SECONDS + 60 }, NOW))
  t.notOk(isCurrentlyValid({ active: true, nbf: SECONDS + 61 }, NOW))
  t.notOk(isCurrentlyValid({ active: true, nbf: SECONDS + 61, exp: SECONDS + 3600 }, NOW))
})

t.test('a response without a type, or of type Bearer, is of a bearer token', async (t) => {
  t.ok(isUnboundBearer({ active: true }))
  for (const type of ['Bearer', 'bearer', 'BEARER']) t.ok(isUnboundBearer({ active: true, token_type: type }), type)
  for (const type of ['DPoP', 'mac', '', 'Bearer ', null, true, ['Bearer']]) t.notOk(isUnboundBearer({ active: true, token_type: type }), String(type))
})

t.test('a token of any type that is bound to a key is no bearer token (RFC 7800, RFC 9449)', async (t) => {
  for (const cnf of [{ jkt: 'thumbprint' }, { 'x5t#S256': 'thumbprint' }, {}, null, '', false]) t.notOk(isUnboundBearer({ active: true, token_type: 'Bearer', cnf }))
})
