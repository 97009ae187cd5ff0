import t, { type Test } from 'tap'
import { mkdir, rename, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeProtectedHeader } from 'jose'
import { startStandIn, type StandIn } from '../../lib/testing/index.ts'
import type { ManualClock } from '../fixtures/clock.ts'
import { OK, REJECTED, startTestApp, type TestApp } from '../fixtures/test-app.ts'

interface World extends TestApp<ManualClock> {
  readonly standIn: StandIn
  /** As Kubernetes replaces a secret: a new directory, and a symbolic link that is turned to it at once. */
  readonly mount: (content: object | string) => Promise<void>
  /** The key id of the last assertion. */
  readonly kid: () => string | undefined
}

async function world (t: Test): Promise<World> {
  const standIn = await startStandIn()
  t.teardown(() => standIn.close())
  const directory = t.testdir({})
  const keyFile = join(directory, 'key.json')
  let version = 0
  const mount = async (content: object | string): Promise<void> => {
    const name = `..version_${++version}`
    await mkdir(join(directory, name))
    await writeFile(join(directory, name, 'key.json'), typeof content === 'string' ? content : JSON.stringify(content))
    await symlink(name, join(directory, '..data_tmp'))
    await rename(join(directory, '..data_tmp'), join(directory, '..data'))
  }
  await mount(standIn.api.key)
  await symlink(join('..data', 'key.json'), keyFile)
  const kid = (): string | undefined => decodeProtectedHeader(standIn.requests.at(-1)!.body.get('client_assertion')!).kid
  return { standIn, mount, kid, ...await startTestApp(t, { issuer: standIn.issuer, credentials: { keyFile } }) }
}

// The tests wait for the interval of the watch side by side.
t.jobs = 5

/** Waits until a condition holds, or until the time limit of the test. */
async function until (isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!await isSo()) await new Promise((resolve) => setTimeout(resolve, 50))
}

t.test('a new key is taken over without a restart, and the old one serves until ZITADEL accepts it', { buffered: true }, async (t) => {
  const { get, kid, lines, mount, standIn } = await world(t)
  const token = await standIn.issueToken()
  t.same(await get(token, '/fresh'), OK)
  const next = await standIn.api.addKey()
  standIn.api.removeKey(next.keyId)
  await mount(next)
  await until(() => lines.length > 0)
  t.match(lines[0], { level: 50, code: 'FST_ZITADEL_CLIENT_REJECTED', msg: /the credentials were not replaced, the previous credentials stay in use: ZITADEL refuses/ })
  t.same(await get(token, '/fresh'), OK)
  t.equal(kid(), standIn.api.key.keyId)

  const good = await standIn.api.addKey()
  await mount(good)
  await until(async () => {
    t.same(await get(token, '/fresh'), OK)
    return kid() === good.keyId
  })
  standIn.api.removeKey(standIn.api.key.keyId)
  t.same(await get(token, '/fresh'), OK)
})

t.test('a broken file is logged and changes nothing, and a good one after it is taken over', { buffered: true }, async (t) => {
  const { get, kid, lines, mount, standIn } = await world(t)
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
    return kid() === good.keyId
  })
})

t.test('a key that was revoked before it was replaced: the new one ends the pause', { buffered: true }, async (t) => {
  const { app, get, mount, standIn } = await world(t)
  const token = await standIn.issueToken()
  standIn.api.removeKey(standIn.api.key.keyId)
  t.same(await get(token), REJECTED)
  await mount(await standIn.api.addKey())
  t.same(await app.zitadel.reload(), { ok: true })
  t.same(await get(token), OK)
})

t.test('reloads come one after the other: a late answer to an older key does not put it back', { buffered: true }, async (t) => {
  const { app, get, kid, mount, standIn } = await world(t)
  const [older, newer] = [await standIn.api.addKey(), await standIn.api.addKey()]
  await mount(older)
  standIn.fail({ delay: 300 }, { times: 1 })
  const first = app.zitadel.reload()
  await until(() => standIn.requests.length === 1)
  await mount(newer)
  t.same(await Promise.all([app.zitadel.reload(), first]), [{ ok: true }, { ok: true }])
  await get(await standIn.issueToken())
  t.equal(kid(), newer.keyId)
})

t.test('a question that went out with the old key is answered', { buffered: true }, async (t) => {
  const { app, get, mount, standIn } = await world(t)
  standIn.fail({ delay: 200 }, { times: 1 })
  const asked = get(await standIn.issueToken())
  await until(() => standIn.requests.length === 1)
  await mount(await standIn.api.addKey())
  t.same(await app.zitadel.reload(), { ok: true })
  t.same(await asked, OK)
})
