import t from 'tap'
import Fastify, { type FastifyInstance } from 'fastify'
import zitadel, { type ZitadelOptions } from '../../lib/index.ts'
import type { CredentialsMessage } from '../../lib/channels.ts'
import { systemClock } from '../../lib/clock.ts'
import { createPlugin } from '../../lib/plugin.ts'
import { startStandIn } from '../../lib/testing/index.ts'
import { mountSecret } from '../fixtures/mounted-secret.ts'
import type { TestContext } from '../fixtures/guarded-app.ts'
import { collectMessages } from '../fixtures/subscribe.ts'

interface Line { level: number, code?: string, repeated?: number, msg: string }

async function startLoggedApp (t: TestContext, options: ZitadelOptions): Promise<{ app: FastifyInstance, lines: Line[] }> {
  const lines: Line[] = []
  const app = Fastify({ logger: { level: 'info', stream: { write: (line) => { lines.push(JSON.parse(line)) } } } })
  t.teardown(async () => await app.close())
  await app.register(zitadel, options)
  return { app, lines }
}

t.test('credentials that were read and are in use write one line at level info', async (t) => {
  const standIn = await startStandIn()
  t.teardown(async () => await standIn.close())
  const { app, lines } = await startLoggedApp(t, { issuer: standIn.issuer, credentials: standIn.credentials })
  t.match(await app.zitadel.reload(), { ok: true })
  t.match(lines.filter(({ code }) => code !== undefined), [{ level: 30, code: 'FST_ZITADEL_CREDENTIALS', msg: 'fastify-zitadel: the credentials were read, and are in use: ZITADEL has accepted them' }])
})

t.test('failures that were counted are written before the line about new credentials, not after it', async (t) => {
  const standIn = await startStandIn()
  t.teardown(async () => await standIn.close())
  const { app, lines } = await startLoggedApp(t, { issuer: standIn.issuer, credentials: standIn.credentials, retry: false })
  standIn.fail({ status: 503 }, { times: 3 })
  for (let i = 0; i < 3; i++) t.match(await app.zitadel.reload(), { ok: false })
  t.match(await app.zitadel.reload(), { ok: true })
  await app.close()
  t.same(lines.filter(({ msg }) => msg.includes('credentials')).map(({ level, repeated }) => [level, repeated]), [[50, undefined], [50, 2], [30, undefined]])
})

t.test('rejections of the previous credentials are counted up to the line about new ones, and not after it', async (t) => {
  const standIn = await startStandIn()
  t.teardown(async () => await standIn.close())
  const { app, lines } = await startLoggedApp(t, { issuer: standIn.issuer, credentials: standIn.credentials })
  standIn.api.deactivate()
  for (let i = 0; i < 3; i++) await t.rejects(app.zitadel.introspect(`${i}`), { code: 'FST_ZITADEL_CLIENT_REJECTED' })
  standIn.api.activate()
  t.match(await app.zitadel.reload(), { ok: true })
  standIn.api.deactivate()
  await t.rejects(app.zitadel.introspect('later'), { code: 'FST_ZITADEL_CLIENT_REJECTED' })
  await app.close()
  t.same(lines.filter(({ code }) => code !== undefined).map(({ code, repeated }) => [code, repeated]), [
    ['FST_ZITADEL_CLIENT_REJECTED', undefined],
    ['FST_ZITADEL_CLIENT_REJECTED', 2],
    ['FST_ZITADEL_CREDENTIALS', undefined],
    ['FST_ZITADEL_CLIENT_REJECTED', undefined]
  ])
})

t.test('when a key file has its earlier content again, what was counted is written, and then a line that the fault has ended', async (t) => {
  const standIn = await startStandIn()
  t.teardown(async () => await standIn.close())
  const { file: keyFile, replace } = await mountSecret(t.testdir({}), JSON.stringify(standIn.api.key))
  const changes = collectMessages<CredentialsMessage>(t, 'fastify-zitadel:credentials')
  let end: (line: object) => void
  const ended = new Promise((resolve) => { end = resolve })
  const lines: Array<{ level: number, code?: string, repeated?: number, msg: string }> = []
  const write = (text: string): void => {
    const line = JSON.parse(text)
    lines.push(line)
    if (line.level === 30) end(line)
  }
  const app = Fastify({ logger: { level: 'info', stream: { write } } })
  t.teardown(async () => await app.close())
  await app.register(createPlugin(systemClock, 250), { issuer: standIn.issuer, credentials: { keyFile } })
  await replace('{}')
  // Right after a poll, so that no poll finds the wrong content and reads the right one.
  while (changes.length < 3) await new Promise((resolve) => setTimeout(resolve, 5))
  await replace(JSON.stringify(standIn.api.key))
  await ended
  t.match(lines, [
    { level: 50, code: 'FST_ZITADEL_OPTION' },
    { level: 50, code: 'FST_ZITADEL_OPTION', repeated: /^[1-9]/ },
    { level: 30, code: 'FST_ZITADEL_CREDENTIALS', msg: 'fastify-zitadel: the key file contains the credentials in use again' }
  ])
})
