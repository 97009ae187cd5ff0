import t, { type Test } from 'tap'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startStandIn, type ApplicationKey, type StandIn } from '../../lib/testing/index.ts'
import { startConnectedApp, type TestApp } from '../fixtures/test-app.ts'
import { decodeProtectedHeader } from 'jose'
import { Gate, send, startPeer } from '../fixtures/peer.ts'

interface Setup extends TestApp {
  standIn: StandIn
  put: (content: ApplicationKey | string) => Promise<void>
  /** Key ids of the assertions that were sent, oldest first. */
  kids: () => unknown[]
}

async function setUp (t: Test): Promise<Setup> {
  const standIn = await startStandIn()
  t.teardown(() => standIn.close())
  const keyFile = join(t.testdir({}), 'key.json')
  const put = async (content: ApplicationKey | string): Promise<void> => { await writeFile(keyFile, typeof content === 'string' ? content : JSON.stringify(content)) }
  await put(standIn.api.key)
  const kids = (): unknown[] => standIn.requests.map(({ body }) => decodeProtectedHeader(body.get('client_assertion')!).kid)
  return { standIn, put, kids, ...await startConnectedApp(t, { issuer: standIn.issuer, credentials: { keyFile } }) }
}

t.test('a new key is used after ZITADEL has accepted it', async (t) => {
  const { standIn, put, kids, ask, zitadel, errors } = await setUp(t)
  await ask('a')
  const old = standIn.api.key.keyId
  const key = await standIn.api.addKey()
  await put(key)
  await ask('b')
  t.same(kids(), [old, old], 'a changed file alone changes nothing')
  t.same(await zitadel.reload(), { ok: true })
  standIn.api.removeKey(old)
  t.equal(await ask('c'), 'inactive')
  t.same(kids(), [old, old, key.keyId, key.keyId])
  t.same(errors, [])
})

t.test('a request that is rejected because its key was removed meanwhile is sent again with the new key', async (t) => {
  const { api } = await setUp(t).then(({ standIn }) => standIn)
  const gate = new Gate()
  const peer = await startPeer(t, async ({ form, response }) => {
    if (decodeProtectedHeader(form.get('client_assertion')!).kid !== 'old') return { active: true }
    if (form.get('token') !== 'slow') return { active: false }
    await gate.opened
    return send(response, 400, '{"error":"unauthorized_client"}')
  })
  const keyFile = join(t.testdir({}), 'key.json')
  await writeFile(keyFile, JSON.stringify({ ...api.key, keyId: 'old' }))
  const { ask, zitadel } = await startConnectedApp(t, { issuer: peer.origin, credentials: { keyFile } })
  const slow = ask('slow')
  await peer.waitFor(1)
  await writeFile(keyFile, JSON.stringify({ ...api.key, keyId: 'new' }))
  t.same(await zitadel.reload(), { ok: true })
  gate.open()
  t.equal(await slow, 'active')
  t.equal(await ask('next'), 'active', 'and there is no pause')
})

t.test('a key that ZITADEL rejects is not used', async (t) => {
  const { standIn, put, ask, zitadel, errors } = await setUp(t)
  const key = await standIn.api.addKey()
  standIn.api.removeKey(key.keyId)
  await put(key)
  const result = await zitadel.reload()
  t.match(result, { ok: false, code: 'FST_ZITADEL_CLIENT_REJECTED', reason: /^ZITADEL rejects this API's credentials/ })
  t.match(JSON.parse(errors.at(-1)!), { code: 'FST_ZITADEL_CLIENT_REJECTED', msg: /^fastify-zitadel: the credentials were not replaced, the previous credentials stay in use: ZITADEL rejects/ })
  t.equal(errors.length, 1)
  t.equal(await ask(await standIn.issueToken()), 'active', 'the old one serves on, without a pause')
})

t.test('a key is not used while ZITADEL is down', async (t) => {
  const { standIn, put, kids, ask, zitadel } = await setUp(t)
  await put(await standIn.api.addKey())
  standIn.fail('bad-gateway')
  t.same(await zitadel.reload(), { ok: false, code: 'FST_ZITADEL_UNAVAILABLE', reason: 'ZITADEL answered 502: check ZITADEL and the proxies in front of it' })
  standIn.fail(null)
  t.equal(await ask(), 'inactive')
  t.equal(kids().at(-1), standIn.api.key.keyId)
})

const BROKEN: Record<string, string> = {
  'that is half written': '{"type":"application","keyId":"canary',
  'that is empty': '',
  'of a service account': '{"type":"serviceaccount","keyId":"1","key":"canary","userId":"2"}',
  'whose key is none': '{"type":"application","keyId":"1","key":"canary","clientId":"2"}'
}
for (const [what, content] of Object.entries(BROKEN)) {
  t.test(`a file ${what} is logged, and the previous key stays in use`, async (t) => {
    const { standIn, put, ask, zitadel, errors } = await setUp(t)
    await put(content)
    const result = await zitadel.reload()
    t.match(result, { ok: false, code: 'FST_ZITADEL_OPTION', reason: /^option "credentials.keyFile" / })
    t.equal(errors.length, 1)
    t.match(errors[0], 'the credentials were not replaced, the previous credentials stay in use: option')
    t.notMatch(errors[0] + JSON.stringify(result), /canary/)
    t.equal(standIn.requests.length, 0, 'ZITADEL is not asked')
    t.equal(await ask(await standIn.issueToken()), 'active')
  })
}

t.test('a result of check() is not used after the credentials were replaced', async (t) => {
  const { standIn, put, zitadel } = await setUp(t)
  const key = await standIn.api.addKey()
  standIn.api.removeKey(standIn.api.key.keyId)
  t.match(await zitadel.check(), { ok: false })
  await put(key)
  t.same(await zitadel.reload(), { ok: true })
  t.same(await zitadel.check(), { ok: true })
})

t.test('verdicts stay in the cache after the key was replaced', async (t) => {
  const { standIn, put, ask, zitadel } = await setUp(t)
  const token = await standIn.issueToken()
  await ask(token)
  await put(await standIn.api.addKey())
  await zitadel.reload()
  t.equal(await ask(token), 'active')
  t.equal(standIn.requests.length, 2)
})

t.test('an open circuit ends with the credentials that caused it', async (t) => {
  const { standIn, put, ask, zitadel } = await setUp(t)
  const key = await standIn.api.addKey()
  standIn.api.removeKey(standIn.api.key.keyId)
  t.equal(await ask(), 'FST_ZITADEL_CLIENT_REJECTED')
  await put(key)
  t.same(await zitadel.reload(), { ok: true })
  t.equal(await ask(), 'inactive')
})
