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
const ECHOES: Record<string, (response: ServerResponse, heard: string) => Reply> = {
  'in the body of a 200': (response, heard) => send(response, 200, heard),
  'in JSON': (response, heard) => send(response, 200, JSON.stringify({ active: heard, [heard]: heard })),
  'as another issuer': (_response, heard) => ({ active: true, iss: heard, sub: heard }),
  'in an error that is known': (response, heard) => send(response, 400, JSON.stringify({ error: 'unauthorized_client', error_description: heard, parent: heard })),
  'as the name of an error': (response, heard) => send(response, 401, JSON.stringify({ error: heard })),
  'in headers': (response, heard) => send(response, 401, '{"error":"invalid_client"}', { date: heard, 'www-authenticate': `Bearer error="${heard}"`, 'x-request-id': heard }),
  'in a redirect': (response, heard) => send(response, 302, heard, { location: `http://127.0.0.1:1/?${heard}` }),
  'in the status text': (response, heard) => { response.writeHead(502, heard).end(heard) },
  'in the status text of a 200': (response, heard) => { response.writeHead(200, heard).end() },
  'in place of HTTP': (response, heard) => { response.socket!.end(`${heard}\r\n\r\n`) },
  'as the protocol': (response, heard) => { response.socket!.end(`HTTP/${heard} 200 OK\r\n\r\n`) },
  'as the status': (response, heard) => { response.socket!.end(`HTTP/1.1 ${heard}\r\n\r\n`) },
  'as the length': (response, heard) => { response.socket!.end(`HTTP/1.1 200 OK\r\nContent-Length: ${heard}\r\n\r\n${heard}`) },
  'as the name of a header': (response, heard) => { response.socket!.end(`HTTP/1.1 200 OK\r\n${heard} ${heard}\r\n\r\n`) },
  'in a chunk': (response, heard) => { response.socket!.end(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${heard}\r\n`) },
  'in a body that is cut off': (response, heard) => { response.writeHead(200, { 'content-length': 10_000 }).write(heard, () => response.destroy()) },
  'without end': (response, heard) => send(response, 200, heard.repeat(1 + Math.ceil(1024 * 1024 / heard.length))),
  'in headers that are too large': (response, heard) => { response.socket!.end(`HTTP/1.1 200 OK\r\nX: ${heard.repeat(1000)}\r\n\r\n`) },
  'in a protocol to switch to': (response, heard) => { response.socket!.end(`HTTP/1.1 101 ${heard}\r\nUpgrade: ${heard}\r\nConnection: upgrade\r\n\r\n${heard}`) }
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
    let heard = ''
    const peer = await startPeer(t, ({ form, request, response }) => {
      heard = `${form.toString()}&${request.headers.authorization}`
      return echo(response, heard)
    })
    const all = await collectOutput(await startConnectedApp(t, { issuer: peer.origin, credentials, retry: false }))
    t.match(all, /FST_ZITADEL_(UNAVAILABLE|CLIENT_REJECTED)/)
    t.notMatch(all, canaries)
    t.notMatch(all, authorization)
    t.match(heard, canaries, 'the peer has received secrets')
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
