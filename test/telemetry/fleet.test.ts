import t, { type Test } from 'tap'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DecisionMessage, ForgetMessage } from '../../lib/channels.ts'
import { fleetApp, type FleetApp } from '../fixtures/fleet-app.ts'
import { activeResponse } from '../fixtures/guarded-app.ts'
import { SIGNING_KEY, findRecorded, sign } from '../fixtures/recorded-events.ts'
import { needsRedis, startRedis } from '../fixtures/redis.ts'
import { collectMessages, collectTraces } from '../fixtures/subscribe.ts'

const EVENT = findRecorded('user.locked')

interface Pair {
  readonly apps: readonly [FleetApp, FleetApp]
  readonly redis: Awaited<ReturnType<typeof startRedis>>
  readonly forgets: ForgetMessage[]
  readonly post: () => Promise<void>
}

async function startPair (t: Test): Promise<Pair> {
  const redis = await startRedis(t)
  const forgets = collectMessages<ForgetMessage>(t, 'fastify-zitadel:forget')
  const start = async (): Promise<FleetApp> => await fleetApp(t, redis.port, { introspect: () => activeResponse({ sub: EVENT.aggregateID }) as never, events: { path: '/events', signingKey: SIGNING_KEY } }, { key: 'k'.repeat(32) })
  const apps = [await start(), await start()] as const
  // Each subscription reports its start as a gap.
  while (forgets.length < 2) await sleep(5)
  t.match(forgets.splice(0), Array(2).fill({ kind: 'gap', source: 'process', target: 'all', verdicts: 0 }))
  const post = async (): Promise<void> => {
    const payload = JSON.stringify(EVENT)
    await apps[0].app.inject({ method: 'POST', url: '/events', headers: { 'zitadel-signature': sign(payload, Math.floor(Date.now() / 1000)) }, payload })
  }
  return { apps, redis, forgets, post }
}

/** The channels are those of one process, so the registrations are distinguished by their number. */
const toRows = (forgets: ForgetMessage[]): object[] => forgets.map(({ registration, ...rest }) => rest)

t.test('a verdict from the shared cache has the source shared', needsRedis, async (t) => {
  const { apps } = await startPair(t)
  const decisions = collectMessages<DecisionMessage>(t, 'fastify-zitadel:decision')
  await apps[0].status('token')
  await sleep(50)
  await apps[1].status('token')
  await apps[1].status('token')
  t.same(decisions.map(({ source }) => source), ['introspection', 'shared', 'memory'])
})

t.test('an event at one process is a doubt in the others: their callers stay known', needsRedis, async (t) => {
  const { apps, forgets, post } = await startPair(t)
  for (const { status } of apps) t.equal(await status('token'), 200)
  await post()
  while (forgets.length < 2) await sleep(5)
  t.same(toRows(forgets), [
    { kind: 'doubt', source: 'event', target: 'sub', verdicts: 1, sub: undefined },
    { kind: 'doubt', source: 'process', target: 'sub', verdicts: 1, sub: undefined }
  ])
  const traces = collectTraces(t)
  for (const { status } of apps) await status('token', '/fresh')
  t.same(traces.filter(({ step }) => step === 'start').map(({ message }) => message.wasActive), [true, true])
})

t.test('a call of forget() at one process is a forget in the others', needsRedis, async (t) => {
  const { apps, forgets } = await startPair(t)
  for (const { status } of apps) await status('token')
  await apps[0].app.zitadel.forget({ token: 'token' })
  while (forgets.length < 2) await sleep(5)
  t.match(forgets, [{ kind: 'forget', source: 'call', target: 'token', verdicts: 1 }, { kind: 'forget', source: 'process', target: 'token', verdicts: 1 }])
  const traces = collectTraces(t)
  for (const { status } of apps) await status('token', '/fresh')
  t.same(traces.filter(({ step }) => step === 'start').map(({ message }) => message.wasActive), [false, false])
})
