import t from 'tap'
import type { ServerResponse } from 'node:http'
import { inspect } from 'node:util'
import { startStandIn } from '../../lib/testing/index.ts'
import { startConnectedApp, type TestApp } from '../fixtures/test-app.ts'
import { send, startPeer, type Reply } from '../fixtures/peer.ts'
import { anySignature } from '../fixtures/signer.ts'

const token = 'canary-token'
const credentials = { clientId: 'canary-client', clientSecret: 'canary-secret' }
const authorization = Buffer.from('canary-client:canary-secret').toString('base64')
const canaries = /canary|Y2FuYXJ5/i

/** The ways in which a peer can send the request back. */
const ECHOES: Record<string, (response: ServerResponse, received: string) => Reply> = {
  'in the body of a 200': (response, received) => send(response, 200, received),
  'in JSON': (response, received) => send(response, 200, JSON.stringify({ active: received, [received]: received })),
  'as another issuer': (_response, received) => ({ active: true, iss: received, sub: received }),
  'in an error that is known': (response, received) => send(response, 400, JSON.stringify({ error: 'unauthorized_client', error_description: received, parent: received })),
  'as the name of an error': (response, received) => send(response, 401, JSON.stringify({ error: received })),
  'in headers': (response, received) => send(response, 401, '{"error":"invalid_client"}', { date: received, 'www-authenticate': `Bearer error="${received}"`, 'x-request-id': received }),
  'in a redirect': (response, received) => send(response, 302, received, { location: `http://127.0.0.1:1/?${received}` }),
  'in the status text': (response, received) => { response.writeHead(502, received).end(received) },
  'in the status text of a 200': (response, received) => { response.writeHead(200, received).end() },
  'in place of HTTP': (response, received) => { response.socket!.end(`${received}\r\n\r\n`) },
  'as the protocol': (response, received) => { response.socket!.end(`HTTP/${received} 200 OK\r\n\r\n`) },
  'as the status': (response, received) => { response.socket!.end(`HTTP/1.1 ${received}\r\n\r\n`) },
  'as the length': (response, received) => { response.socket!.end(`HTTP/1.1 200 OK\r\nContent-Length: ${received}\r\n\r\n${received}`) },
  'as the name of a header': (response, received) => { response.socket!.end(`HTTP/1.1 200 OK\r\n${received} ${received}\r\n\r\n`) },
  'in a chunk': (response, received) => { response.socket!.end(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${received}\r\n`) },
  'in a body that is cut off': (response, received) => { response.writeHead(200, { 'content-length': 10_000 }).write(received, () => response.destroy()) },
  'without end': (response, received) => send(response, 200, received.repeat(1 + Math.ceil(1024 * 1024 / received.length))),
  'in headers that are too large': (response, received) => { response.socket!.end(`HTTP/1.1 200 OK\r\nX: ${received.repeat(1000)}\r\n\r\n`) },
  'in a protocol to switch to': (response, received) => { response.socket!.end(`HTTP/1.1 101 ${received}\r\nUpgrade: ${received}\r\nConnection: upgrade\r\n\r\n${received}`) }
}

/** All that the error, the log and the response contain. */
async function collectOutput ({ app, failure, zitadel, errors }: TestApp): Promise<string> {
  const error = await failure(token)
  const { body, headers } = await app.inject({ url: '/', headers: { authorization: `Bearer ${token}` } })
  return [
    inspect(error, { depth: Infinity, showHidden: true, getters: true, maxStringLength: Infinity }),
    error.stack,
    (error.cause as Error).stack,
    JSON.stringify(error),
    JSON.stringify(await zitadel.check()),
    body,
    JSON.stringify(headers),
    ...errors
  ].join('\n')
}

for (const [where, echo] of Object.entries(ECHOES)) {
  t.test(`a secret that a peer sends back ${where} is neither logged nor returned`, async (t) => {
    let received = ''
    const peer = await startPeer(t, ({ form, request, response }) => {
      received = `${form.toString()}&${request.headers.authorization}`
      return echo(response, received)
    })
    const all = await collectOutput(await startConnectedApp(t, { issuer: peer.origin, credentials, retry: false }))
    t.match(all, /FST_ZITADEL_(UNAVAILABLE|CLIENT_REJECTED)/)
    t.notMatch(all, canaries)
    t.notMatch(all, authorization)
    t.match(received, canaries, 'the peer has received secrets')
  })
}

t.test('neither an assertion nor an error of its signer is logged or returned', async (t) => {
  const assertions: string[] = []
  const peer = await startPeer(t, ({ form, response }) => {
    assertions.push(form.get('client_assertion')!)
    return send(response, 400, JSON.stringify({ error: 'unauthorized_client', error_description: assertions.at(-1) }))
  })
  const signer = { clientId: 'orders', keyId: 'canary-key', alg: 'RS256' as const }
  const all = await collectOutput(await startConnectedApp(t, { issuer: peer.origin, credentials: { ...signer, sign: anySignature } }))
  t.equal(assertions.length > 1, true)
  for (const assertion of assertions) {
    for (const part of assertion.split('.')) t.notMatch(all, part)
  }
  t.notMatch(all, canaries)
  const sign = (): never => { throw Object.assign(new Error('canary'), { code: 'canary', cause: 'canary', canary: 'canary' }) }
  t.notMatch(await collectOutput(await startConnectedApp(t, { issuer: peer.origin, credentials: { ...signer, sign } })), canaries)
})

t.test('a private key is neither logged nor returned', async (t) => {
  const standIn = await startStandIn()
  t.teardown(() => standIn.close())
  standIn.api.deactivate()
  const all = await collectOutput(await startConnectedApp(t, { issuer: standIn.issuer, credentials: standIn.credentials }))
  t.notMatch(all, canaries)
  for (const line of standIn.api.key.key.split('\n').filter((line) => line.length > 10)) t.notMatch(all, line)
})
