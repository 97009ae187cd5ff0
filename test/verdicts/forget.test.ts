import t from 'tap'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ForgetMessage } from '../../lib/channels.ts'
import type { IntrospectionResponse } from '../../lib/index.ts'
import { ManualClock } from '../fixtures/clock.ts'
import { basic, startConnectedApp, type TestApp } from '../fixtures/test-app.ts'
import type { TestContext } from '../fixtures/guarded-app.ts'
import { startPeer } from '../fixtures/peer.ts'
import { fleetApp } from '../fixtures/fleet-app.ts'
import { needsRedis, startRedis } from '../fixtures/redis.ts'
import { collectMessages } from '../fixtures/subscribe.ts'

const TOKENS: Record<string, object> = {
  ada1: { active: true, sub: 'ada', jti: '1' },
  ada2: { active: true, sub: 'ada', jti: '2' },
  ada2again: { active: true, sub: 'ada', jti: '2' },
  bob: { active: true, sub: 'bob', jti: '3' },
  nobody: { active: true },
  noBodyElse: { active: true },
  odd: { active: true, sub: ['ada'], jti: { 2: '2' } },
  dead: { active: false }
}

interface World extends TestApp { askedAgain: () => Promise<string[]> }

async function world (t: TestContext, clock = new ManualClock()): Promise<World> {
  const peer = await startPeer(t, ({ form }) => TOKENS[form.get('token')!])
  const connected = await startConnectedApp(t, { issuer: peer.origin, credentials: basic }, clock)
  for (const token of Object.keys(TOKENS)) await connected.ask(token)
  const askedAgain = async (): Promise<string[]> => {
    const before = peer.asked.length
    for (const token of Object.keys(TOKENS)) await connected.ask(token)
    return peer.asked.slice(before).map(({ form }) => form.get('token')!)
  }
  return { ...connected, askedAgain }
}

t.test('forget by token forgets this token only', async (t) => {
  const { zitadel, askedAgain } = await world(t)
  t.same(await askedAgain(), [])
  await zitadel.forget({ token: 'ada1' })
  t.same(await askedAgain(), ['ada1'])
  t.same(await askedAgain(), [])
})

t.test('a token is forgotten with all tokens that share its jti', async (t) => {
  const { zitadel, askedAgain } = await world(t)
  await zitadel.forget({ token: 'ada2' })
  t.same(await askedAgain(), ['ada2', 'ada2again'])
})

t.test('other processes forget the tokens that share the jti of a forgotten one, also if only this process knows the jti', needsRedis, async (t) => {
  const { port, admin } = await startRedis(t)
  const asked: string[] = []
  const introspect = (token: string): IntrospectionResponse => {
    asked.push(token)
    return TOKENS[token] as IntrospectionResponse
  }
  const forgets = collectMessages<ForgetMessage>(t, 'fastify-zitadel:forget')
  const [one, other] = [await fleetApp(t, port, { introspect }, { key: 'k'.repeat(32) }), await fleetApp(t, port, { introspect }, { key: 'k'.repeat(32) })]
  // Until the subscriptions have begun, verdicts are asked for again.
  while (forgets.length < 2) await sleep(5)
  await one.status('ada2')
  for (let time = 0; time < 2; time++) await other.status('ada2again')
  t.same(asked.splice(0), ['ada2', 'ada2again'])
  await admin('FLUSHALL')
  await one.app.zitadel.forget({ token: 'ada2' })
  while (!forgets.some(({ source, target }) => source === 'process' && target === 'token')) await sleep(5)
  await other.status('ada2again')
  t.same(asked, ['ada2again'])
})

t.test('tokens without a jti are not forgotten together', async (t) => {
  const { zitadel, askedAgain } = await world(t)
  await zitadel.forget({ token: 'nobody' })
  t.same(await askedAgain(), ['nobody'])
})

t.test('an inactive token can be forgotten', async (t) => {
  const { zitadel, askedAgain } = await world(t)
  await zitadel.forget({ token: 'dead' })
  t.same(await askedAgain(), ['dead'])
})

t.test('all tokens of a user are forgotten', async (t) => {
  const { zitadel, askedAgain } = await world(t)
  await zitadel.forget({ sub: 'ada' })
  t.same(await askedAgain(), ['ada1', 'ada2', 'ada2again'])
})

t.test('all tokens with one jti are forgotten', async (t) => {
  const { zitadel, askedAgain } = await world(t)
  await zitadel.forget({ jti: '2' })
  t.same(await askedAgain(), ['ada2', 'ada2again'])
})

t.test('to forget an unknown token changes nothing', async (t) => {
  const { zitadel, askedAgain } = await world(t)
  await zitadel.forget({ token: 'never seen' })
  await zitadel.forget({ sub: 'carol' })
  await zitadel.forget({ jti: '4' })
  t.same(await askedAgain(), [])
})

t.test('if a token is forgotten during its upload, it is introspected again', async (t) => {
  let active = true
  const { app, zitadel } = await startConnectedApp(t, { introspect: () => ({ active, sub: 'ada' }) }, new ManualClock())
  app.addHook('preParsing', async () => {
    active = false
    await zitadel.forget({ sub: 'ada' })
  })
  app.post('/upload', async () => 'served')
  const request = { method: 'POST', url: '/upload', headers: { authorization: 'Bearer token' }, payload: {} } as const
  t.equal((await app.inject(request)).statusCode, 401)
})
