import t from 'tap'
import { startStandIn } from '../../lib/testing/index.ts'
import { ASSERTION_TYPE, introspect, introspectWith, post, sign } from '../fixtures/stand-in-client.ts'

const standIn = await startStandIn()
const { api } = standIn
const token = await standIn.issueToken()
const secret = { client_id: api.clientId, client_secret: api.clientSecret }
t.teardown(() => standIn.close())

const basic = (id: string, password: string) => ({ authorization: `Basic ${btoa(`${id}:${password}`)}` })
const noCredentials = '{"error":"invalid_request","error_description":"client_id or client_assertion must be provided"}\n'
const parsing = '{"error":"invalid_request","error_description":"error parsing form"}\n'
const unauthorized = '{"error":"unauthorized_client"}\n'
const inactive = '{"active":false}\n'

t.test('a request without readable credentials gets 400 invalid_request', async (t) => {
  const form = new URLSearchParams({ ...secret, token }).toString()
  const requests: Record<string, [Record<string, string> | string, Record<string, string>]> = {
    'an empty body': ['', {}],
    'a JSON body': [JSON.stringify({ ...secret, token }), { 'content-type': 'application/json' }],
    'a multipart body': [`--x\r\n\r\n${form}\r\n--x--`, { 'content-type': 'multipart/form-data; boundary=x' }],
    'an unnamed content type': [form, { 'content-type': 'application/octet-stream' }],
    'a token alone': [{ token }, {}],
    'a bearer token': [{ token }, { authorization: `Bearer ${token}` }],
    'Basic that is not base64': [{ token }, { authorization: 'Basic %%%' }],
    'Basic in base64url': [{ token }, { authorization: 'Basic YTo_Pz8_' }],
    'Basic without a colon': [{ token }, { authorization: `Basic ${btoa('abc')}` }],
    'Basic without an id': [{ token }, basic('', 'secret')]
  }
  for (const [name, [body, headers]] of Object.entries(requests)) {
    t.match(await post(standIn, body, headers), { status: 400, text: noCredentials }, name)
  }
})

t.test('a malformed form gets 400 invalid_request', async (t) => {
  const form = new URLSearchParams({ ...secret, token }).toString()
  const bodies: Record<string, [string, Record<string, string>?, string?]> = {
    'bad percent-encoding': [`${form}&x=%zz`],
    'bad percent-encoding in a name': [`${form}&%4=x`],
    'a semicolon': [`${form};x=1`],
    'bad percent-encoding in the query string': [form, {}, '?x=%'],
    'an invalid content type': [form, { 'content-type': 'a b' }],
    'more than 10 MiB': [`${form}&x=${'x'.repeat(10 * 1024 * 1024)}`]
  }
  for (const [name, [body, headers, query = '']] of Object.entries(bodies)) {
    t.match(await post(standIn, body, headers, `/oauth/v2/introspect${query}`), { status: 400, text: parsing }, name)
  }
})

t.test('an assertion without the right client_assertion_type gets 400 invalid_request', async (t) => {
  const rejected = (type: string) => `{"error":"invalid_request","error_description":"invalid client_assertion_type ${type}"}\n`
  const assertion = { client_assertion: await sign(standIn), token }
  t.match(await post(standIn, assertion), { status: 400, text: rejected('') })
  t.match(await post(standIn, { ...assertion, client_assertion_type: 'saml' }), { status: 400, text: rejected('saml') })
  t.match(await post(standIn, { ...assertion, client_assertion_type: '<x>' }), { text: rejected('\\u003cx\\u003e') }, 'escaped as in Go')
})

t.test('Basic with invalid percent-encoding gets 400 invalid_client', async (t) => {
  const text = '{"error":"invalid_client","error_description":"invalid basic auth header"}\n'
  t.match(await post(standIn, { token }, basic('%zz', 'secret')), { status: 400, text })
  t.match(await post(standIn, { token }, basic(api.clientId, '100%')), { status: 400, text })
})

t.test('a client id without secret or assertion gets 400 invalid_client, not 401', async (t) => {
  const text = '{"error":"invalid_client","error_description":"client must be authenticated"}\n'
  t.match(await post(standIn, { client_id: api.clientId, token }), { status: 400, text })
  t.match(await post(standIn, { token }, basic(api.clientId, '')), { status: 400, text }, 'an empty secret')
})

t.test('a request without a token gets 400 invalid_request before the credentials are checked', async (t) => {
  const text = '{"error":"invalid_request","error_description":"token missing"}\n'
  t.match(await post(standIn, secret), { status: 400, text })
  t.match(await post(standIn, { ...secret, token: '' }), { status: 400, text })
  t.match(await post(standIn, { ...secret, client_secret: 'wrong' }), { status: 400, text })
})

t.test('a malformed assertion makes the token inactive', async (t) => {
  const [head, , signature] = (await sign(standIn)).split('.')
  const encode = (payload: string) => Buffer.from(payload).toString('base64url')
  const garbage = ['garbage', 'a.b', 'a.b.c.d', `${head}.p+/=.${signature}`, `${head}.abcde.${signature}`]
  const payloads = ['no JSON', '[]', '"text"', '{"iss":5}', '{"sub":{}}', '{"iat":true}', '{"iat":"now"}', '{"exp":"2099-01-01"}', '{"exp":"2099-99-99T00:00:00Z"}']
  for (const assertion of [...garbage, ...payloads.map((payload) => `${head}.${encode(payload)}.${signature}`)]) {
    t.match(await introspectWith(standIn, token, assertion), { status: 200, text: inactive }, assertion)
  }
})

t.test('an unknown or inactive client gets 400 unauthorized_client', async (t) => {
  const other = await standIn.addApi()
  t.match(await introspect(standIn, token, other), { status: 200 })
  other.deactivate()
  t.match(await introspect(standIn, token, other), { status: 400, text: unauthorized }, 'deactivated, by secret')
  t.match(await introspectWith(standIn, token, await sign(standIn, { key: other.key })), { status: 400, text: unauthorized }, 'by key')
  other.activate()
  t.match(await introspect(standIn, token, other), { status: 200 }, 'active again')

  for (const clientId of ['404', '__proto__', 'constructor']) {
    t.match(await introspect(standIn, token, { ...api, clientId }), { status: 400, text: unauthorized }, clientId)
  }
  t.match(await post(standIn, { client_id: standIn.loginClientId, client_secret: 'x', token }), { status: 400 }, 'an application without credentials')
})

t.test('an error of the client comes before an error of the token', async (t) => {
  t.match(await post(standIn, { ...secret, client_secret: 'wrong', token: 'garbage' }), { status: 400, text: unauthorized })
})

t.test('an invalid assertion gets 400 unauthorized_client', async (t) => {
  t.match(await introspectWith(standIn, token, await sign(standIn, { claims: { aud: 'other' } })), { status: 400, text: unauthorized })
})

t.test('a wrong secret, or a secret for an application with keys only, gets 400 unauthorized_client', async (t) => {
  const keyOnly = await standIn.addApi({ secret: false })
  t.equal(keyOnly.clientSecret, '')
  t.match(await post(standIn, { token }, basic(api.clientId, 'wrong')), { status: 400, text: unauthorized })
  t.match(await post(standIn, { token }, basic(keyOnly.clientId, 'any')), { status: 400, text: unauthorized })
  t.match(await introspectWith(standIn, token, await sign(standIn, { key: keyOnly.key })), { status: 200 }, 'its key works')
})

t.test('with two methods of client authentication the assertion takes precedence; with refuseTwoMethods they get 400', async (t) => {
  const later = await startStandIn({ refuseTwoMethods: true })
  t.teardown(() => later.close())
  const text = '{"error":"invalid_request","error_description":"client authentication must not use more than one method"}\n'
  const both = async (on: typeof standIn, form: Record<string, string>, headers?: Record<string, string>) => await post(on, {
    client_assertion: await sign(on), client_assertion_type: ASSERTION_TYPE, token: await on.issueToken(), ...form
  }, headers)
  t.match(await both(standIn, {}, basic('other', 'wrong')), { status: 200, json: { active: true } }, 'the assertion takes precedence over Basic')
  t.match(await both(standIn, { client_id: 'other', client_secret: 'wrong' }), { status: 200, json: { active: true } }, 'the assertion takes precedence over a secret')
  t.match(await both(later, {}, basic('other', 'wrong')), { status: 400, text })
  t.match(await both(later, { client_id: 'other', client_secret: 'wrong' }), { status: 400, text })
  t.match(await both(later, {}), { status: 200, json: { active: true } }, 'one method is accepted')
})
