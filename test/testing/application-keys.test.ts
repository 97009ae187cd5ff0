import t from 'tap'
import { startStandIn } from '../../lib/testing/index.ts'
import { introspectWith, sign } from './client.ts'

const standIn = await startStandIn()
const token = await standIn.issueToken()
t.teardown(() => standIn.close())

const accepted = { status: 200, json: { active: true } }
const refused = { status: 400, text: '{"error":"unauthorized_client"}\n' }

t.test('key rotation: old and new work side by side, until the old one is removed or expires', async (t) => {
  const api = await standIn.addApi()
  const second = await api.addKey()
  const third = await api.addKey()
  t.equal(new Set([api.key.keyId, second.keyId, third.keyId]).size, 3)
  t.equal(new Set([api.key.key, second.key, third.key]).size, 3, 'each key is another')
  for (const key of [api.key, second, third]) t.match(await introspectWith(standIn, token, await sign(standIn, { key })), accepted)
  api.removeKey(api.key.keyId)
  t.match(await introspectWith(standIn, token, await sign(standIn, { key: api.key })), refused)
  api.expireKey(second.keyId)
  t.match(await introspectWith(standIn, token, await sign(standIn, { key: second })), refused)
  api.expireKey('404')
  t.match(await introspectWith(standIn, token, await sign(standIn, { key: third })), accepted)
})

t.test('the key file is as ZITADEL hands it out', async (t) => {
  const { key } = standIn.credentials
  t.same(Object.keys(key).sort(), ['appId', 'clientId', 'key', 'keyId', 'type'])
  t.equal(key.type, 'application')
  t.equal(key.clientId, standIn.api.clientId)
  t.match(key.key, /^-----BEGIN RSA PRIVATE KEY-----\n[^]*-----END RSA PRIVATE KEY-----\n$/, 'PKCS#1')
})
