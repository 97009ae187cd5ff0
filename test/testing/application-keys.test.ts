import t from 'tap'
import { startStandIn } from '../../lib/testing/index.ts'
import { introspectWith, sign } from '../fixtures/stand-in-client.ts'

const standIn = await startStandIn()
const token = await standIn.issueToken()
t.teardown(() => standIn.close())

const accepted = { status: 200, json: { active: true } }
const rejected = { status: 400, text: '{"error":"unauthorized_client"}\n' }

t.test('an old key is accepted beside a new key until it is removed or expires', async (t) => {
  const api = await standIn.addApi()
  const second = await api.addKey()
  const third = await api.addKey()
  t.equal(new Set([api.key.keyId, second.keyId, third.keyId]).size, 3)
  t.equal(new Set([api.key.key, second.key, third.key]).size, 3, 'the keys differ')
  for (const key of [api.key, second, third]) t.match(await introspectWith(standIn, token, await sign(standIn, { key })), accepted)
  api.removeKey(api.key.keyId)
  t.match(await introspectWith(standIn, token, await sign(standIn, { key: api.key })), rejected)
  api.expireKey(second.keyId)
  t.match(await introspectWith(standIn, token, await sign(standIn, { key: second })), rejected)
  t.match(await introspectWith(standIn, token, await sign(standIn, { key: third })), accepted)
})

t.test('a key id that the application does not have is a mistake in a test', async (t) => {
  const api = await standIn.addApi()
  const removed = await api.addKey()
  api.removeKey(removed.keyId)
  for (const keyId of ['404', removed.keyId, standIn.api.key.keyId, undefined]) {
    for (const act of [api.removeKey, api.expireKey]) t.throws(() => act(keyId as string), { name: 'TypeError', message: '"keyId" must be that of a key of this application, and not of a removed one' })
  }
  t.match(await introspectWith(standIn, token, await sign(standIn, { key: standIn.api.key })), accepted, 'the key of another application stays')
})

t.test('the key file has the fields and the PEM format of ZITADEL', async (t) => {
  const { key } = standIn.credentials
  t.same(Object.keys(key).sort(), ['appId', 'clientId', 'key', 'keyId', 'type'])
  t.equal(key.type, 'application')
  t.equal(key.clientId, standIn.api.clientId)
  t.match(key.key, /^-----BEGIN RSA PRIVATE KEY-----\n[^]*-----END RSA PRIVATE KEY-----\n$/, 'PKCS#1')
})

t.test('a key of another stand-in is rejected', async (t) => {
  const other = await startStandIn()
  t.teardown(() => other.close())
  t.match(await introspectWith(standIn, token, await sign(standIn, { key: other.credentials.key })), rejected)
})
