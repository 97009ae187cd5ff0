// #region guarded
import { test } from 'node:test'
import assert from 'node:assert'
import { expectGuarded, fakeZitadel } from 'fastify-zitadel/testing'
import { build } from './app.ts'

test('every route denies a request without a token', async () => {
  const { introspect } = fakeZitadel()
  const rows = await expectGuarded(await build({ introspect }))
  assert.deepEqual(rows, [
    { method: 'GET', url: '/:organization/orders', access: 'guarded', roles: ['reader'], organization: 'per request' },
    { method: 'GET', url: '/health', access: 'public' },
    { method: 'DELETE', url: '/orders/:id', access: 'guarded', roles: ['admin'], freshness: 0 }
  ])
})
// #endregion guarded
