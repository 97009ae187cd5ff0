import assert from 'node:assert/strict'
import { test } from 'node:test'
import { revoke } from '../../../build/examples/mcp/client.js'
import { startExample } from './setup.js'

/** Opens a stream, and waits for the first notification on it. */
async function listen (client, mcp) {
  const notified = new Promise((resolve) => client.setNotificationHandler('notifications/tools/list_changed', resolve))
  const subscription = await client.listen({ toolsListChanged: true })
  mcp.notify.toolsChanged()
  await notified
  return subscription
}

test('an open stream ends after its token was revoked, and the stream of another caller stays open', { timeout: 20_000 }, async (t) => {
  const { issuer, mcp, connect } = await startExample(t, { recheck: 0.2 })
  const [ada, grace] = [await connect('ada'), await connect('grace')]
  const [ends, stays] = [await listen(ada.client, mcp), await listen(grace.client, mcp)]
  await revoke(issuer, ada.stored)
  const started = Date.now()
  assert.equal(await ends.closed, 'remote')
  t.diagnostic(`the stream ended ${Date.now() - started} ms after the revocation, with a recheck every 200 ms`)
  assert.match((await ada.call('list-notes')).error, /Unauthorized/)
  assert.equal(await Promise.race([stays.closed, new Promise((resolve) => setTimeout(resolve, 500, 'open'))]), 'open')
})

test('an open stream ends when its token is forgotten and no longer active', { timeout: 20_000 }, async (t) => {
  const { app, issuer, mcp, connect } = await startExample(t, { api: { cache: { ttl: 60 } } })
  const { client, stored } = await connect('ada')
  const subscription = await listen(client, mcp)
  await revoke(issuer, stored)
  app.zitadel.forget({ token: stored.tokens().access_token })
  assert.equal(await subscription.closed, 'remote')
})
