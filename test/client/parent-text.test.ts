import t from 'tap'
import { formatParentText } from '../../lib/client/parent-text.ts'
import { basic, reason, startConnectedApp } from '../fixtures/test-app.ts'
import { send, startPeer } from '../fixtures/peer.ts'

const BODY = 'token=k4n4ry-k4n4ryOPAQUE&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion=eyJhbGciOiJSUzI1NiJ9.payload'
const format = (parent: unknown): string => formatParentText({ error: 'invalid_client', parent }, BODY)

t.test('the reason that ZITADEL sends is formatted for the log', async (t) => {
  t.equal(format('issuedAt of token is in the future: (now: 10:02)'), ' [ZITADEL says: issuedAt of token is in the future: (now: 10:02)]')
  t.equal(format('client assertion: signature invalid'), ' [ZITADEL says: client assertion: signature invalid]')
  t.equal(format('a [b] c'), ' [ZITADEL says: a |b| c]', 'brackets cannot end the text early')
  t.equal(format('x'.repeat(1000)), ` [ZITADEL says: ${'x'.repeat(200)}]`)
})

t.test('a text that quotes the request, or is not printable, is not shown', async (t) => {
  for (const parent of ['k4n4ry is wrong', 'got K4N4RY', 'of eyJhbGciOiJSUzI1NiJ9', 'opaque: k4n4ryopaque', 'line\nbreak', 'é', '\u001b[31m', '', undefined, null, 5, ['text'], { text: 'text' }]) t.equal(format(parent), '', JSON.stringify(parent))
  for (const body of [undefined, null, 'text', 5, []]) t.equal(formatParentText(body, BODY), '')
})

t.test('the reason is in the log, and not in the response', async (t) => {
  const peer = await startPeer(t, ({ response }) => send(response, 400, JSON.stringify({ error: 'invalid_client', parent: 'password does not match hash' })))
  const { app, failure, errors } = await startConnectedApp(t, { issuer: peer.origin, credentials: basic })
  t.match(reason(await failure()), '(400 invalid_client) [ZITADEL says: password does not match hash]: check that the key or secret exists')
  t.match(errors.join(''), '[ZITADEL says: password does not match hash]')
  t.notMatch((await app.inject({ url: '/', headers: { authorization: 'Bearer token' } })).body, 'hash')
})
