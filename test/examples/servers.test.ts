import t from 'tap'
import { once } from 'node:events'
import { WebSocket } from 'ws'
import { startStandIn } from 'fastify-zitadel/testing'
import { buildApi as buildTenants } from '../../examples/multi-tenant/api.ts'
import { buildApi as buildFeed } from '../../examples/websocket/api.ts'

const [ACME, OTHER] = ['280000000000000900', '280000000000000901']

t.test('multi-tenant: a role counts only in the organization of the path', async (t) => {
  const standIn = await startStandIn()
  t.teardown(async () => await standIn.close())
  const app = await buildTenants({ issuer: standIn.issuer, credentials: standIn.credentials })
  t.teardown(async () => await app.close())
  const reader = await standIn.issueToken({ roles: { reader: { [ACME]: 'acme.example' } } })
  const admin = await standIn.issueToken({ roles: { admin: { [ACME]: 'acme.example' }, reader: { [OTHER]: 'other.example' } } })
  const call = async (method: 'GET' | 'DELETE', path: string, token: string): Promise<number> => (await app.inject({ method, url: `/tenants/${path}`, headers: { authorization: `Bearer ${token}` } })).statusCode
  t.equal(await call('GET', `${ACME}/orders`, reader), 200)
  t.equal(await call('GET', `${OTHER}/orders`, reader), 403)
  t.equal(await call('GET', `${ACME}/orders`, admin), 403, 'a reader of the other organization only')
  t.equal(await call('DELETE', `${ACME}/orders/1`, admin), 200)
  t.equal(await call('DELETE', `${OTHER}/orders/1`, admin), 403)
})

t.test('websocket: a token in the sub-protocol opens the socket, and its revocation closes it', async (t) => {
  const standIn = await startStandIn()
  t.teardown(async () => await standIn.close())
  const app = await buildFeed({ issuer: standIn.issuer, credentials: standIn.credentials, cache: false }, 0.1)
  t.teardown(async () => await app.close())
  const url = (await app.listen({ host: '127.0.0.1', port: 0 })).replace('http', 'ws') + '/feed'

  const denied = new WebSocket(url)
  t.match((await once(denied, 'error'))[0], { message: /401/ })

  const token = await standIn.issueToken({ roles: ['reader'] })
  const socket = new WebSocket(url, ['bearer', token])
  t.match(String((await once(socket, 'message'))[0]), /^hello /)
  standIn.revoke(token)
  const [code] = await once(socket, 'close')
  t.equal(code, 4401)
})
