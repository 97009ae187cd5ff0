// #region cases
import { test } from 'node:test'
import assert from 'node:assert'
import { fakeZitadel } from 'fastify-zitadel/testing'
import { build } from './app.ts'

const { introspect, as } = fakeZitadel()
const app = await build({ introspect })
const status = async (headers = {}) => (await app.inject({ url: '/1/orders', headers })).statusCode
const reader = { roles: ['reader'], organization: '1' }

test('allowed', async () => assert.equal(await status(as(reader)), 200))
test('role missing', async () => assert.equal(await status(as({ organization: '1' })), 403))
test('expired', async () => assert.equal(await status(as.expired(reader)), 401))
test('other organization', async () => assert.equal(await status(as({ ...reader, organization: '2' })), 403))
// #endregion cases
