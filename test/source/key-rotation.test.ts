import t, { type Test } from 'tap'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeProtectedHeader } from 'jose'
import { startStandIn, type StandIn } from '../../lib/testing/index.ts'
import type { CredentialsMessage } from '../../lib/channels.ts'
import { collectMessages } from '../fixtures/subscribe.ts'
import { ManualClock } from '../fixtures/clock.ts'
import { applicationKey } from '../fixtures/keys.ts'
import { mountSecret } from '../fixtures/mounted-secret.ts'
import { Gate, send, startPeer } from '../fixtures/peer.ts'
import { OK, REJECTED, startTestApp, unavailable, type TestApp } from '../fixtures/test-app.ts'

interface KeyApp extends TestApp<ManualClock> {
  readonly standIn: StandIn
  /** Replaces the file as Kubernetes replaces a secret: it renames a symbolic link to a new directory. */
  readonly mount: (content: object | string) => Promise<void>
  /** The key id of the last assertion with which a token was introspected: checks of new keys introspect another token. */
  readonly kid: (token: string) => string | undefined
}

async function startKeyApp (t: Test): Promise<KeyApp> {
  const standIn = await startStandIn()
  t.teardown(() => standIn.close())
  const { file: keyFile, replace } = await mountSecret(t.testdir({}), JSON.stringify(standIn.api.key))
  const mount = async (content: object | string): Promise<void> => await replace(typeof content === 'string' ? content : JSON.stringify(content))
  const kid = (token: string): string | undefined => decodeProtectedHeader(standIn.requests.findLast(({ body }) => body.get('token') === token)!.body.get('client_assertion')!).kid
  return { standIn, mount, kid, ...await startTestApp(t, { issuer: standIn.issuer, credentials: { keyFile } }, new ManualClock(), 10) }
}

/** Waits until a condition holds, or until the time limit of the test. */
async function until (hasHappened: () => boolean | Promise<boolean>): Promise<void> {
  while (!await hasHappened()) await new Promise((resolve) => setTimeout(resolve, 5))
}

t.test('a new key is used without a restart, and the previous key until ZITADEL accepts the new one', async (t) => {
  const { get, kid, lines, mount, standIn } = await startKeyApp(t)
  const token = await standIn.issueToken()
  t.same(await get(token, '/fresh'), OK)
  const next = await standIn.api.addKey()
  standIn.api.removeKey(next.keyId)
  await mount(next)
  await until(() => lines.length > 0)
  t.match(lines[0], { level: 50, code: 'FST_ZITADEL_CLIENT_REJECTED', msg: /the credentials were not replaced, the previous credentials stay in use: ZITADEL rejects/ })
  t.same(await get(token, '/fresh'), OK)
  t.equal(kid(token), standIn.api.key.keyId)

  const good = await standIn.api.addKey()
  await mount(good)
  await until(async () => {
    t.same(await get(token, '/fresh'), OK)
    return kid(token) === good.keyId
  })
  standIn.api.removeKey(standIn.api.key.keyId)
  t.same(await get(token, '/fresh'), OK)
})

t.test('a broken key file is logged and ignored, and a valid one after it is used', async (t) => {
  const { get, kid, lines, mount, standIn } = await startKeyApp(t)
  const token = await standIn.issueToken()
  await mount('{"type":"application","keyId":"canary')
  await until(() => lines.length > 0)
  t.match(lines[0], { level: 50, code: 'FST_ZITADEL_OPTION', msg: /the credentials were not replaced, the previous credentials stay in use: option "credentials.keyFile"/ })
  t.notMatch(JSON.stringify(lines), 'canary')
  t.same(await get(token, '/fresh'), OK)
  const good = await standIn.api.addKey()
  await mount(good)
  await until(async () => {
    t.same(await get(token, '/fresh'), OK)
    return kid(token) === good.keyId
  })
})

t.test('the reason to keep the previous key is logged once a minute', async (t) => {
  const { app, clock, lines, mount } = await startKeyApp(t)
  const changes = collectMessages<CredentialsMessage>(t, 'fastify-zitadel:credentials')
  await mount('{}')
  const waitForPolls = async (): Promise<void> => {
    const before = changes.length
    await until(() => changes.length > before + 1)
  }
  await waitForPolls()
  clock.advance(59)
  await waitForPolls()
  t.equal(lines.length, 1)
  clock.advance(1)
  await waitForPolls()
  t.match(lines, [{ code: 'FST_ZITADEL_OPTION' }, { code: 'FST_ZITADEL_OPTION', repeated: /^[1-9]/ }])
  await waitForPolls()
  await app.close()
  t.match(lines, [{}, {}, { code: 'FST_ZITADEL_OPTION', repeated: /^[1-9]/ }], 'what was counted is written when the server closes')
})

/** Adds a key that ZITADEL rejects. */
async function addRejectedKey ({ api }: StandIn): Promise<object> {
  const key = await api.addKey()
  api.removeKey(key.keyId)
  return key
}

t.test('what was counted about a rejected key is written before the next content of its file is used, or when the file is gone', async (t) => {
  const standIn = await startStandIn()
  t.teardown(() => standIn.close())
  const keyFile = join(t.testdir({ 'key.json': JSON.stringify(standIn.api.key) }), 'key.json')
  const { app, lines } = await startTestApp(t, { issuer: standIn.issuer, credentials: { keyFile } }, new ManualClock(), 600_000)
  for (let key = 0; key < 2; key++) {
    await writeFile(keyFile, JSON.stringify(await addRejectedKey(standIn)))
    for (let time = 0; time < 3; time++) t.match(await app.zitadel.reload(), { ok: false })
  }
  await rm(keyFile)
  t.match(await app.zitadel.reload(), { ok: false, reason: /ENOENT/ })
  await app.close()
  const code = 'FST_ZITADEL_CLIENT_REJECTED'
  t.same(lines.map((line) => [line.code, line.repeated]), [[code, undefined], [code, 2], [code, undefined], [code, 2], ['FST_ZITADEL_OPTION', undefined]])
})

t.test('the rejection of a key is not reported if another one is in use already', async (t) => {
  const gate = new Gate()
  const peer = await startPeer(t, async ({ form, response }) => {
    if (decodeProtectedHeader(form.get('client_assertion')!).kid === 'new') return { active: true }
    await gate.opened
    return send(response, 401, '{"error":"invalid_client"}')
  })
  const keyFile = join(t.testdir({ 'key.json': JSON.stringify(applicationKey({ keyId: 'old' })) }), 'key.json')
  const changes = collectMessages<CredentialsMessage>(t, 'fastify-zitadel:credentials')
  const { app, get, lines } = await startTestApp(t, { issuer: peer.origin, credentials: { keyFile }, timeout: 20_000 }, new ManualClock(), 600_000)
  const [asked, checked] = [get('token'), app.zitadel.check()]
  await peer.waitFor(2)
  await writeFile(keyFile, JSON.stringify(applicationKey({ keyId: 'new' })))
  t.same(await app.zitadel.reload(), { ok: true })
  gate.open()
  t.same(await asked, OK)
  t.match(await checked, { ok: false, code: 'FST_ZITADEL_CLIENT_REJECTED' })
  t.same(lines, [])
  t.same(changes.map(({ state }) => state), ['replaced'])
})

t.test('an outage of a request with the previous key is reported', async (t) => {
  const gate = new Gate()
  const peer = await startPeer(t, async ({ index, response }) => {
    if (index > 0) return { active: true }
    await gate.opened
    return send(response, 500, '')
  })
  const keyFile = join(t.testdir({ 'key.json': JSON.stringify(applicationKey()) }), 'key.json')
  const { app, get, lines } = await startTestApp(t, { issuer: peer.origin, credentials: { keyFile }, timeout: 20_000 }, new ManualClock(), 600_000)
  const asked = get('token')
  await peer.waitFor(1)
  t.same(await app.zitadel.reload(), { ok: true })
  gate.open()
  t.same(await asked, unavailable())
  t.match(lines, [{ code: 'FST_ZITADEL_UNAVAILABLE' }])
})

t.test('a new key closes the circuit that the rejection of the previous one has opened', async (t) => {
  const { app, get, mount, standIn } = await startKeyApp(t)
  const token = await standIn.issueToken()
  standIn.api.removeKey(standIn.api.key.keyId)
  t.same(await get(token), REJECTED)
  await mount(await standIn.api.addKey())
  t.same(await app.zitadel.reload(), { ok: true })
  t.same(await get(token), OK)
})

t.test('reloads run one after the other, so that a late response for an older key does not restore it', async (t) => {
  const { app, get, kid, mount, standIn } = await startKeyApp(t)
  const [older, newer] = [await standIn.api.addKey(), await standIn.api.addKey()]
  await mount(older)
  standIn.fail({ delay: 100 }, { times: 1 })
  const first = app.zitadel.reload()
  await until(() => standIn.requests.length === 1)
  await mount(newer)
  t.same(await Promise.all([app.zitadel.reload(), first]), [{ ok: true }, { ok: true }])
  const token = await standIn.issueToken()
  t.same(await get(token), OK)
  t.equal(kid(token), newer.keyId)
})

t.test('a request that was sent with the previous key gets its response', async (t) => {
  const { app, get, mount, standIn } = await startKeyApp(t)
  standIn.fail({ delay: 100 }, { times: 1 })
  const asked = get(await standIn.issueToken())
  await until(() => standIn.requests.length === 1)
  await mount(await standIn.api.addKey())
  t.same(await app.zitadel.reload(), { ok: true })
  t.same(await asked, OK)
})

t.test('a key file that stays away is logged once, and the previous key stays in use', async (t) => {
  const standIn = await startStandIn()
  t.teardown(() => standIn.close())
  const keyFile = join(t.testdir({ 'key.json': JSON.stringify(standIn.api.key) }), 'key.json')
  const { get, lines } = await startTestApp(t, { issuer: standIn.issuer, credentials: { keyFile } }, new ManualClock(), 2)
  await rm(keyFile)
  await until(() => lines.length > 0)
  t.match(lines, [{ level: 50, code: 'FST_ZITADEL_OPTION', msg: /the credentials were not replaced, the previous credentials stay in use: option "credentials.keyFile".*ENOENT/ }])
  t.same(await get(await standIn.issueToken()), OK)
})
