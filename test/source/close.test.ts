import t from 'tap'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock } from '../../lib/clock.ts'
import { startStandIn } from '../../lib/testing/index.ts'
import { OK, basic, startProxiedApp, startTestApp } from '../fixtures/test-app.ts'
import { Gate, startPeer } from '../fixtures/peer.ts'

t.test('close() ends every connection after the pending introspections have their responses', async (t) => {
  const { app, proxy, get, standIn } = await startProxiedApp(t)
  const token = await standIn.issueToken()
  t.same(await get(token), OK)
  standIn.fail({ delay: 100 })
  const asked = app.zitadel.introspect(await standIn.issueToken())
  const sent = standIn.requests.length
  while (standIn.requests.length === sent) await new Promise((resolve) => setTimeout(resolve, 5))
  await app.close()
  t.ok(await asked)
  while (proxy.open() > 0) await new Promise((resolve) => setTimeout(resolve, 5))
  await t.rejects(app.zitadel.introspect('late'), { code: 'FST_ZITADEL_UNAVAILABLE' })
  t.match(await app.zitadel.check(), { ok: false, code: 'FST_ZITADEL_UNAVAILABLE', reason: /^no answer from ZITADEL \(UND_ERR_(CLOSED|DESTROYED)\): the server is closing, / })
})

t.test('close() ends connections that were replaced while ZITADEL was down', async (t) => {
  const gate = new Gate()
  const peer = await startPeer(t, async ({ form, response }) => {
    if (form.get('token') === 'slow') await gate.opened
    else response.writeHead(500).end()
    return form.get('token') === 'slow' ? { active: true } : undefined
  })
  const { app, get } = await startTestApp(t, { issuer: peer.origin, credentials: basic })
  const slow = app.zitadel.introspect('slow')
  await peer.waitFor(1)
  for (let index = 0; index < 5; index++) await get(`token-${index}`)
  let hasClosed = false
  const closed = app.close().then(() => { hasClosed = true })
  await new Promise((resolve) => setTimeout(resolve, 100))
  t.notOk(hasClosed, 'close() waits for pending introspections')
  gate.open()
  t.ok(await slow)
  await closed
})

t.test('close() does not wait for a reload of the credentials, whose failure is not logged', async (t) => {
  const { app, lines, standIn } = await startProxiedApp(t, { timeout: 60_000 })
  standIn.fail('hang')
  const sent = standIn.requests.length
  const reload = app.zitadel.reload()
  while (standIn.requests.length === sent) await new Promise((resolve) => setTimeout(resolve, 5))
  await app.close()
  t.match(await reload, { ok: false })
  t.same(lines, [])
})

t.test('a key file that changes after close() is not read', async (t) => {
  const standIn = await startStandIn()
  t.teardown(() => standIn.close())
  const keyFile = join(t.testdir({}), 'key.json')
  await writeFile(keyFile, JSON.stringify(standIn.api.key))
  const { app, lines } = await startTestApp(t, { issuer: standIn.issuer, credentials: { keyFile } }, systemClock, 5)
  await app.close()
  await writeFile(keyFile, 'broken')
  await new Promise((resolve) => setTimeout(resolve, 100))
  t.same(lines, [])
})
