import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { setTimeout } from 'node:timers/promises'
import { SignJWT } from 'jose'
import { AUDIENCE, createAccessTokenClaims, createIntrospectionResponse } from './claims.js'
import { answerQuestions } from './processes.js'

// A minimal authorization server: every token is active, every client is accepted, and requests are counted.

const TOKENS = 1000
const CLIENT = { clientId: '280000000000000101', clientSecret: randomBytes(48).toString('base64url') }

const newKey = () => generateKeyPairSync('rsa', { modulusLength: 2048 })
const tokenKey = newKey()
const clientKey = newKey()

let delay = 0
let introspections = 0
const assertions = new Set()

const server = createServer(async (request, response) => {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  const path = request.url.split('?')[0]
  const body = path === '/oauth/v2/introspect' ? await introspect(Buffer.concat(chunks).toString()) : DOCUMENTS[path]
  response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body ?? '') })
  response.end(body)
})
server.keepAliveTimeout = 600_000
await once(server.listen(0, '127.0.0.1'), 'listening')
const issuer = `http://127.0.0.1:${server.address().port}`

const DOCUMENTS = {
  '/.well-known/openid-configuration': JSON.stringify({
    issuer,
    authorization_endpoint: `${issuer}/oauth/v2/authorize`,
    token_endpoint: `${issuer}/oauth/v2/token`,
    introspection_endpoint: `${issuer}/oauth/v2/introspect`,
    jwks_uri: `${issuer}/oauth/v2/keys`,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256']
  }),
  '/oauth/v2/keys': JSON.stringify({ keys: [{ ...tokenKey.publicKey.export({ format: 'jwk' }), kid: 'bench', alg: 'RS256', use: 'sig' }] })
}

const [head, tail] = JSON.stringify(createIntrospectionResponse(issuer, 0)).split('"sub":"290000000000000000"')

async function introspect (form) {
  const assertion = /(?:^|&)client_assertion=([^&]*)/.exec(form)?.[1]
  if (assertion !== undefined) assertions.add(assertion)
  const answer = `${head}"sub":"${290000000000000000n + BigInt(introspections++)}"${tail}`
  if (delay > 0) await setTimeout(delay)
  return answer
}

async function accessTokens () {
  const opaque = Array.from({ length: TOKENS }, () => randomBytes(67).toString('base64url').slice(0, 90))
  const jwt = await Promise.all(opaque.map((_token, number) => new SignJWT(createAccessTokenClaims(issuer, number))
    .setProtectedHeader({ alg: 'RS256', kid: 'bench', typ: 'at+jwt' })
    .sign(tokenKey.privateKey)))
  return { opaque, jwt }
}

const tokens = await accessTokens()

answerQuestions({
  facts: () => ({
    issuer,
    ...CLIENT,
    audience: AUDIENCE,
    tokens,
    publicKey: tokenKey.publicKey.export({ type: 'spki', format: 'pem' }),
    key: {
      type: 'application',
      keyId: '280000000000002001',
      key: clientKey.privateKey.export({ type: 'pkcs1', format: 'pem' }),
      appId: '280000000000000151',
      clientId: CLIENT.clientId
    }
  }),
  answerAfter: (milliseconds) => { delay = milliseconds },
  counts: () => {
    const counts = { introspections, signatures: assertions.size }
    introspections = 0
    assertions.clear()
    return counts
  }
})
