import { test } from 'node:test'
import assert from 'node:assert'
import { fakeZitadel, startStandIn } from 'fastify-zitadel/testing'
import { build } from './app.ts'

// #region callers
const CALLERS = [['revoked', 401], ['otherProject', 401], ['personalAccessToken', 200], ['serviceAccount', 200], ['outage', 503]] as const

for (const [caller, expected] of CALLERS) {
  test(`${caller}: ${expected}`, async () => {
    const { introspect, as } = fakeZitadel()
    const app = await build({ introspect })
    const headers = as[caller]({ roles: ['reader'], organization: '1' })
    assert.equal((await app.inject({ url: '/1/orders', headers })).statusCode, expected)
  })
}
// #endregion callers

// #region stand-in
test('a revoked token is denied at once where freshness is 0', async () => {
  const standIn = await startStandIn()
  const { issuer, credentials } = standIn
  const app = await build({ issuer, credentials })
  const authorization = `Bearer ${await standIn.issueToken({ roles: ['admin'] })}`
  const request = { method: 'DELETE', url: '/orders/1', headers: { authorization } } as const
  assert.equal((await app.inject(request)).statusCode, 200)
  standIn.revoke(authorization.slice('Bearer '.length))
  assert.equal((await app.inject(request)).statusCode, 401)
  await standIn.close()
})
// #endregion stand-in

// #region events
test('a locked user is denied before cache.ttl ends', async () => {
  const standIn = await startStandIn()
  const target = standIn.addWebhookTarget((webhook) => app.inject({ method: 'POST', url: '/zitadel/events', ...webhook }))
  const { issuer, credentials } = standIn
  const app = await build({ issuer, credentials, events: { path: '/zitadel/events', signingKey: target.signingKey } })
  const token = await standIn.issueToken({ sub: '42', roles: ['reader'], organization: '1' })
  const call = async () => (await app.inject({ url: '/1/orders', headers: { authorization: `Bearer ${token}` } })).statusCode
  assert.equal(await call(), 200)
  standIn.lockUser('42')
  await target.settled()
  assert.equal(await call(), 401)
  const [delivery] = target.deliveries
  assert.equal(await target.send(delivery!), 409, 'a replay')
  assert.equal(await target.send(delivery!, { signingKey: 'another key' }), 401, 'a forged signature')
  await app.close()
  await standIn.close()
})
// #endregion events

// #region environment
test('an app that takes no options', async () => {
  const standIn = await startStandIn()
  Object.assign(process.env, standIn.env)
  const app = await build()
  assert.deepEqual(await app.zitadel.check(), { ok: true })
  await app.close()
  await standIn.close()
})
// #endregion environment
