import t from 'tap'
import { startStandIn, type Fault, type TokenOptions } from '../../lib/testing/index.ts'
import { ASSERTION_TYPE, post, sign, type ReceivedResponse } from '../fixtures/stand-in-client.ts'
import { RECORDED_ANSWERS, type RecordedAnswer } from '../fixtures/recorded/index.ts'

const ISSUER = 'http://localhost:8080'
/** When the server gave its answers, in milliseconds since 1970. */
const NOW = 1_795_654_683_000
const PROJECT_ID = '401241612060986406'
const ORGANIZATION = { id: '401241611155016742', primaryDomain: 'acme.localhost' }

const standIn = await startStandIn({ issuer: ISSUER, clock: () => NOW })
t.teardown(() => standIn.close())
const api = await standIn.addApi({ projectId: PROJECT_ID })
const web = await standIn.addApi({ projectId: PROJECT_ID, kind: 'oidc' })
const credentials = { client_id: api.clientId, client_secret: api.clientSecret }
const worker: TokenOptions = { kind: 'service', projectId: PROJECT_ID, sub: '401241630515924006', organization: ORGANIZATION, roles: ['reader', 'orders:read'] }

type Form = Record<string, string> | string

async function introspect (form: Form, headers: Record<string, string> = {}): Promise<ReceivedResponse> {
  return await post(standIn, form, { 'x-forwarded-host': 'localhost:8080', ...headers })
}

async function introspectWith (claims: Record<string, unknown>, header: Record<string, unknown> = {}): Promise<ReceivedResponse> {
  const assertion = await sign(standIn, { key: api.key, now: NOW, claims, header })
  return await introspect({ client_assertion: assertion, client_assertion_type: ASSERTION_TYPE, token: 'garbage' })
}

async function introspectDuring (fault: Fault, options: TokenOptions = worker): Promise<ReceivedResponse> {
  const token = await standIn.issueToken(options)
  standIn.fail(fault, { times: 1 })
  return await introspect({ ...credentials, token })
}

async function revoke (form: Record<string, string>): Promise<ReceivedResponse> {
  return await post(standIn, form, { 'x-forwarded-host': 'localhost:8080' }, '/oauth/v2/revoke')
}

async function get (path: string): Promise<ReceivedResponse> {
  const response = await fetch(standIn.address + path, { headers: { 'x-forwarded-host': 'localhost:8080' } })
  return { status: response.status, headers: response.headers, text: await response.text(), json: null }
}

/** The same request to the stand-in, by row and note of the recording. */
const REQUESTS: Record<string, () => Promise<ReceivedResponse>> = {
  '1 no credentials': async () => await introspect({ token: 'garbage' }),
  '2 bad percent': async () => await introspect('token=%zz'),
  '3 assertion type missing': async () => await introspect({ client_assertion: 'a.b.c', token: 'garbage' }),
  '3 assertion type urn:other': async () => await introspect({ client_assertion: 'a.b.c', client_assertion_type: 'urn:other', token: 'garbage' }),
  '4 Basic with bad percent': async () => await introspect({ token: 'garbage' }, { authorization: `Basic ${Buffer.from('%zz:secret').toString('base64')}` }),
  '5 client_id only': async () => await introspect({ client_id: api.clientId, token: 'garbage' }),
  '6 token missing': async () => await introspect(credentials),
  '7 assertion is no JWT': async () => await introspect({ client_assertion: 'garbage', client_assertion_type: ASSERTION_TYPE, token: 'garbage' }),
  '8 unknown client': async () => await introspect({ ...credentials, client_id: '404', token: 'garbage' }),
  '9 iat a minute ahead': async () => await introspectWith({ iat: NOW / 1000 + 60 }),
  '9 unknown kid': async () => await introspectWith({}, { kid: '404' }),
  '10 wrong secret': async () => await introspect({ ...credentials, client_secret: 'wrong', token: 'garbage' }),
  '11 garbage token': async () => await introspect({ ...credentials, token: 'garbage' }),
  '13 token of another project': async () => await introspect({ ...credentials, token: await standIn.issueToken({ ...worker, projectId: '401241612077763622' }) }),
  '17 unknown host': async () => await introspect(credentials, { 'x-forwarded-host': 'unknown.example' }),
  '17 unknown host, Accept-Language: de': async () => await introspect(credentials, { 'x-forwarded-host': 'unknown.example', 'accept-language': 'de' }),
  '17 untrusted public host': async () => await introspect(credentials, { 'x-zitadel-public-host': 'evil.example' }),
  '15 user info query fails (table missing)': async () => await introspectDuring('inactive'),
  '18 instance lookup fails (table missing)': async () => await introspectDuring('instance-lookup'),
  'ok active, after all': async () => await introspect({ ...credentials, token: await standIn.issueToken(worker) }),
  'revoke by an API app': async () => await revoke({ ...credentials, token: 'garbage' }),
  'revoke service account token by an OIDC client of its project': async () => await revoke({ client_id: web.clientId, client_secret: web.clientSecret, token: await standIn.issueToken(worker) }),
  'revoke unknown token': async () => await revoke({ client_id: web.clientId, client_secret: web.clientSecret, token: 'garbage' }),
  'discovery ': async () => await get('/.well-known/openid-configuration'),
  'keys ': async () => await get('/oauth/v2/keys'),
  'unknown path /oauth/v2/nope': async () => await get('/oauth/v2/nope'),
  'unknown path /nope': async () => await get('/nope')
}

/** Ids that a server makes up. The recorded server had more signing keys, because some were added. */
function normalize (row: RecordedAnswer['row'], text: string): unknown {
  if (row === 'keys') return (JSON.parse(text) as { keys: object[] }).keys.filter((key) => 'alg' in key && key.alg === 'RS256').map((key) => Object.keys(key))
  return text.replace(/"jti":"V2_\d+-at_\d+"/, '"jti":""')
}

t.test('the stand-in answers each recorded request with the same status, content type and body', async (t) => {
  t.same(RECORDED_ANSWERS.map(({ row, note }) => `${row} ${note}`).sort(), Object.keys(REQUESTS).sort(), 'each has a request')
  for (const { row, note, status, contentType, body } of RECORDED_ANSWERS) {
    const name = `${row} ${note}`
    const received = await REQUESTS[name]!()
    t.same([received.status, received.headers.get('content-type'), normalize(row, received.text)], [status, contentType, normalize(row, body)], name)
  }
})

t.test('a response about an unknown host sets no cookie, and any other response of ZITADEL does', async (t) => {
  for (const name of ['17 unknown host', '17 untrusted public host']) t.equal((await REQUESTS[name]!()).headers.get('set-cookie'), null, name)
  for (const name of ['1 no credentials', '11 garbage token', 'unknown path /nope']) t.match((await REQUESTS[name]!()).headers.get('set-cookie'), /^zitadel\.useragent=/, name)
})

t.test('a path with several slashes in a row is redirected', async (t) => {
  const { status, headers } = await fetch(`${standIn.address}//oauth//v2/keys`, { headers: { 'x-forwarded-host': 'localhost:8080' }, redirect: 'manual' })
  t.same([status, headers.get('location')], [301, '/oauth/v2/keys'])
})
