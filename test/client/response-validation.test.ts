import t from 'tap'
import { basic, startConnectedApp, reason } from '../fixtures/test-app.ts'
import { send, startPeer } from '../fixtures/peer.ts'

const bytes = (...values: number[]): Buffer => Buffer.from(values)
const deep = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels)

const NO_ANSWERS: Record<string, string | Uint8Array> = {
  nothing: '',
  'white space': ' \n',
  HTML: '<html><body>Welcome to nginx!</body></html>',
  'plain text': 'active',
  'half an object': '{"active":true',
  'two objects': '{"active":true}{"active":true}',
  'an array': '[]',
  'an array with an answer in it': '[{"active":true}]',
  null: 'null',
  true: 'true',
  'a number': '1',
  'a string': '"active"',
  'an empty object': '{}',
  'an answer inside another': '{"data":{"active":true}}',
  'an answer for a prototype': '{"__proto__":{"active":true}}',
  'another spelling of active': '{"Active":true}',
  'active as a string': '{"active":"true"}',
  'active as a number': '{"active":1}',
  'active as null': '{"active":null}',
  'active as an array': '{"active":[true]}',
  'exp as null': '{"active":true,"exp":null}',
  'exp as a string': '{"active":true,"exp":"4102444800"}',
  'exp as a date': '{"active":true,"exp":"2100-01-01T00:00:00Z"}',
  'exp as true': '{"active":true,"exp":true}',
  'exp as an object': '{"active":true,"exp":{}}',
  'exp beyond all numbers': '{"active":true,"exp":1e999}',
  'nbf as null': '{"active":true,"nbf":null}',
  'nbf as a string': '{"active":true,"nbf":"0"}',
  'an inactive token with a wrong exp': '{"active":false,"exp":"never"}',
  'a byte order mark': Buffer.concat([bytes(0xef, 0xbb, 0xbf), Buffer.from('{"active":true}')]),
  'UTF-16': Buffer.from('{"active":true}', 'utf16le'),
  'a byte that is no UTF-8': Buffer.concat([Buffer.from('{"active":true,"sub":"ad'), bytes(0xff), Buffer.from('a"}')]),
  'half a character': Buffer.concat([Buffer.from('{"active":true,"sub":"'), bytes(0xc3), Buffer.from('"}')]),
  'a name with an encoded surrogate': Buffer.concat([Buffer.from('{"active":true,"sub":"'), bytes(0xed, 0xa0, 0x80), Buffer.from('"}')]),
  'arrays 500,000 levels deep': deep(500_000),
  'an object that is never closed, 200,000 levels deep': '{"a":'.repeat(200_000)
}

let body: string | Uint8Array = ''
const peer = await startPeer(t, ({ response }) => send(response, 200, body))

for (const [name, text] of Object.entries(NO_ANSWERS)) {
  t.test(`RFC 7662 section 2.2: ${name} is no introspection response, and the token is neither active nor inactive`, async (t) => {
    body = text
    const { failure, ask, status } = await startConnectedApp(t, { issuer: peer.origin, credentials: basic })
    const error = await failure()
    t.equal(error.code, 'FST_ZITADEL_UNAVAILABLE')
    t.same(error.headers, { 'retry-after': '5' })
    t.equal(reason(error), 'ZITADEL answered 200 without an introspection response')
    t.equal(await status('/'), 503)
    body = '{"active":true}'
    t.equal(await ask(), 'active', 'and nothing of it is remembered')
  })
}

t.test('a response can have any other members', async (t) => {
  const { ask, zitadel } = await startConnectedApp(t, { issuer: peer.origin, credentials: basic })
  body = '{"active":true,"exp":4102444800.5,"nbf":0,"scope":["a"],"aud":7,"sub":null,"__proto__":{"x":1},"constructor":false}\n'
  t.equal(await ask('odd'), 'active')
  body = `{"active":true,"deep":${deep(500_000)}}`
  t.equal(await ask('deep'), 'active')
  body = '{"active":true,"sub":"Zoë \\u003c 漢字 🦓"}'
  t.equal((await zitadel.introspect('unicode'))!.sub, 'Zoë < 漢字 🦓')
  body = '{"active":false,"active":true}'
  t.equal(await ask('twice'), 'active', 'of two members of one name the last one counts, as for every JSON parser of the language')
})

t.test('the content type of a response is not checked', async (t) => {
  const plain = await startPeer(t, ({ response }) => send(response, 200, '{"active":true}', { 'content-type': 'text/plain' }))
  const { ask } = await startConnectedApp(t, { issuer: plain.origin, credentials: basic })
  t.equal(await ask(), 'active')
})

for (const status of [201, 202, 203, 206, 300, 301, 302, 303, 304, 307, 308, 402, 403, 405, 410, 418, 429, 500, 501, 502, 503, 504, 599]) {
  t.test(`a response with status ${status} is no introspection response, with any body`, async (t) => {
    const other = await startPeer(t, ({ response }) => send(response, status, '{"active":true}', { location: '/elsewhere' }))
    const { failure } = await startConnectedApp(t, { issuer: other.origin, credentials: basic, retry: false })
    const error = await failure()
    t.equal(error.code, 'FST_ZITADEL_UNAVAILABLE')
    t.equal(reason(error), `ZITADEL answered ${status}`)
    t.equal(other.asked.length, 1, 'redirects are not followed')
  })
}
