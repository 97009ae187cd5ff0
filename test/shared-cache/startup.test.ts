import Fastify from 'fastify'
import { Redis } from 'ioredis'
import t from 'tap'
import zitadel from '../../lib/index.ts'
import { startPeer } from '../fixtures/peer.ts'
import { needsRedis, startRedis } from '../fixtures/redis.ts'

t.test('the first requests after a start get a response, although messages may have been lost before', needsRedis, async (t) => {
  const { port } = await startRedis(t)
  const peer = await startPeer(t, async ({ form }) => {
    await new Promise((resolve) => setTimeout(resolve, 1500))
    return { active: true, sub: form.get('token') }
  })
  const client = new Redis(port, '127.0.0.1')
  t.teardown(() => client.disconnect())
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(zitadel, { issuer: peer.origin, credentials: { clientId: 'api', clientSecret: 'secret' }, timeout: 20_000, cache: { shared: { client, deadline: 2000 } } })
  app.get('/', async (request) => request.zitadel.sub)
  const answers = await Promise.all(['ada', 'bob'].map(async (token) => await app.inject({ url: '/', headers: { authorization: `Bearer ${token}` } })))
  t.same(answers.map(({ statusCode, body }) => [statusCode, body]), [[200, 'ada'], [200, 'bob']])
})
