import t from 'tap'
import Fastify from 'fastify'
import zitadel from '../../lib/index.ts'
import { startStandIn } from '../../lib/testing/index.ts'

t.test('new credentials that are in use write one line at level info', async (t) => {
  const standIn = await startStandIn()
  t.teardown(async () => await standIn.close())
  const lines: Array<{ level: number, code?: string, msg: string }> = []
  const app = Fastify({ logger: { level: 'info', stream: { write: (line) => { lines.push(JSON.parse(line)) } } } })
  t.teardown(async () => await app.close())
  await app.register(zitadel, { issuer: standIn.issuer, credentials: standIn.credentials })
  t.match(await app.zitadel.reload(), { ok: true })
  t.match(lines.filter(({ code }) => code !== undefined), [{ level: 30, code: 'FST_ZITADEL_CREDENTIALS', msg: 'fastify-zitadel: the new credentials are in use: ZITADEL has accepted them' }])
})

t.test('failures that were counted are written before the line about new credentials, not after it', async (t) => {
  const standIn = await startStandIn()
  t.teardown(async () => await standIn.close())
  const lines: Array<{ level: number, code?: string, repeated?: number, msg: string }> = []
  const app = Fastify({ logger: { level: 'info', stream: { write: (line) => { lines.push(JSON.parse(line)) } } } })
  t.teardown(async () => await app.close())
  await app.register(zitadel, { issuer: standIn.issuer, credentials: standIn.credentials, retry: false })
  standIn.fail({ status: 503 }, { times: 3 })
  for (let i = 0; i < 3; i++) t.match(await app.zitadel.reload(), { ok: false })
  t.match(await app.zitadel.reload(), { ok: true })
  await app.close()
  t.same(lines.filter(({ msg }) => msg.includes('credentials')).map(({ level, repeated }) => [level, repeated]), [[50, undefined], [50, 2], [30, undefined]])
})
