import t from 'tap'
import { startStandIn } from '../../lib/testing/index.ts'
import { start } from '../fixtures/registration.ts'

t.test('an app without options connects by the environment of the stand-in', async (t) => {
  const standIn = await startStandIn()
  t.teardown(async () => await standIn.close())
  const app = await start(t, {}, standIn.env)
  t.same(await app.zitadel.check(), { ok: true })
  t.equal((await app.zitadel.introspect(await standIn.issueToken({ sub: 'ada' })))?.sub, 'ada')
})

t.test('the environment of the stand-in replaces credentials of other kinds', async (t) => {
  const standIn = await startStandIn()
  t.teardown(async () => await standIn.close())
  const own = { ZITADEL_ISSUER: 'https://auth.acme.example', ZITADEL_KEY_FILE: '/nowhere.json', ZITADEL_CLIENT_ID: 'orders', ZITADEL_CLIENT_SECRET: 'secret' }
  const app = await start(t, {}, { ...own, ...standIn.env })
  t.same(await app.zitadel.check(), { ok: true })
})
