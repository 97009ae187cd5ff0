// #region cases
import { expect, test } from 'vitest'
import { fakeZitadel } from 'fastify-zitadel/testing'
import { build } from './app.ts'

const { introspect, as } = fakeZitadel()
const app = await build({ introspect })
const status = async (headers = {}) => (await app.inject({ url: '/1/orders', headers })).statusCode
const reader = { roles: ['reader'], organization: '1' }

test('allowed', async () => expect(await status(as(reader))).toBe(200))
test('role missing', async () => expect(await status(as({ organization: '1' }))).toBe(403))
test('expired', async () => expect(await status(as.expired(reader))).toBe(401))
test('other organization', async () => expect(await status(as({ ...reader, organization: '2' }))).toBe(403))
// #endregion cases
