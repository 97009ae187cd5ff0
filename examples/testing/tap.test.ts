// #region cases
import t from 'tap'
import { fakeZitadel } from 'fastify-zitadel/testing'
import { build } from './app.ts'

const { introspect, as } = fakeZitadel()
const app = await build({ introspect })
const status = async (headers = {}) => (await app.inject({ url: '/1/orders', headers })).statusCode
const reader = { roles: ['reader'], organization: '1' }

t.equal(await status(as(reader)), 200, 'allowed')
t.equal(await status(as({ organization: '1' })), 403, 'role missing')
t.equal(await status(as.expired(reader)), 401, 'expired')
t.equal(await status(as({ ...reader, organization: '2' })), 403, 'other organization')
// #endregion cases
