// #region logout
import Fastify, { type FastifyInstance } from 'fastify'
import zitadel, { type ZitadelOptions } from 'fastify-zitadel'

export async function buildApiWithLogout (options: ZitadelOptions, clientId: string): Promise<FastifyInstance> {
  const app = Fastify()
  await app.register(zitadel, { ...options, backChannelLogout: { path: '/zitadel/logout', clientId } })

  app.get('/orders', { config: { roles: ['reader'] } }, async () => [])
  return app
}
// #endregion logout

// #region test
import { startStandIn } from 'fastify-zitadel/testing'

/** Resolves to the status of a logout, and the statuses of a request before and after it. */
export async function tryLogout (): Promise<number[]> {
  const standIn = await startStandIn()
  const { issuer, credentials, loginClientId } = standIn
  const app = await buildApiWithLogout({ issuer, credentials }, loginClientId)
  const token = await standIn.issueToken({ sub: '42', roles: ['reader'] })
  const call = async (): Promise<number> => (await app.inject({ url: '/orders', headers: { authorization: `Bearer ${token}` } })).statusCode
  const before = await call()
  standIn.revoke(token)

  const payload = new URLSearchParams({ logout_token: await standIn.createLogoutToken({ sub: '42' }) }).toString()
  const { statusCode } = await app.inject({ method: 'POST', url: '/zitadel/logout', headers: { 'content-type': 'application/x-www-form-urlencoded' }, payload })

  const after = await call()
  await app.close()
  await standIn.close()
  return [statusCode, before, after]
}
// #endregion test
