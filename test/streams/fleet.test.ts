import t, { type Test } from 'tap'
import { setTimeout as sleep } from 'node:timers/promises'
import type { IntrospectionResponse } from '../../lib/index.ts'
import { fleetApp, type FleetApp } from '../fixtures/fleet-app.ts'
import { activeResponse } from '../fixtures/guarded-app.ts'
import { SIGNING_KEY, findRecorded, sign } from '../fixtures/recorded-events.ts'
import { needsRedis, startRedis } from '../fixtures/redis.ts'

const USER = '401242392587406374'

interface Member extends FleetApp {
  readonly reasons: string[]
}

interface Fleet {
  readonly members: [Member, Member]
  respond: (token: string) => object
  /** Introspections so far. */
  readonly asked: () => number
}

/** Two apps that are two processes for Redis. Each has an open stream with the same token. */
async function startFleet (t: Test): Promise<Fleet> {
  const { port } = await startRedis(t)
  let asked = 0
  const fleet: { respond: Fleet['respond'] } = { respond: () => activeResponse({ sub: USER, jti: 'V2_401242459528498214-at_1' }) }
  const introspect = (token: string): IntrospectionResponse => {
    asked++
    return fleet.respond(token) as IntrospectionResponse
  }
  const join = async (): Promise<Member> => {
    const reasons: string[] = []
    const member = await fleetApp(t, port, { introspect, cache: { ttl: 600 }, events: { path: '/events', signingKey: SIGNING_KEY } }, { key: 'k'.repeat(32) })
    member.app.get('/stream', { config: { scopes: [] } }, async (request) => {
      member.app.zitadel.onEnd(request, (reason) => { reasons.push(reason) }, { recheck: 0 })
      return request.zitadel.sub
    })
    await member.app.ready()
    return { ...member, reasons }
  }
  const members = await Promise.all([join(), join()]) as [Member, Member]
  // Waits for the subscriptions: each process receives what another forgets.
  await sleep(200)
  for (const { status } of members) t.equal(await status('token', '/stream'), 200)
  return Object.assign(fleet, { members, asked: () => asked })
}

async function waitFor (isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await sleep(5)
}

t.test('after a forget by another process, a stream stays if the token is active and ends if it is not', needsRedis, async (t) => {
  const fleet = await startFleet(t)
  const [one, other] = fleet.members
  const before = fleet.asked()
  await one.app.zitadel.forget({ sub: USER })
  await waitFor(() => fleet.asked() > before)
  await sleep(50)
  t.same([one.reasons, other.reasons], [[], []])
  fleet.respond = () => ({ active: false })
  await one.app.zitadel.forget({ token: 'token' })
  await waitFor(() => one.reasons.length > 0 && other.reasons.length > 0)
  t.same([one.reasons, other.reasons], [['revoked'], ['revoked']])
})

t.test('a webhook that another process receives ends a stream', needsRedis, async (t) => {
  const fleet = await startFleet(t)
  const [one, other] = fleet.members
  fleet.respond = () => ({ active: false })
  const payload = JSON.stringify(findRecorded('user.locked'))
  const { statusCode } = await one.app.inject({ method: 'POST', url: '/events', headers: { 'content-type': 'application/json', 'zitadel-signature': sign(payload, Math.floor(Date.now() / 1000)) }, payload })
  t.equal(statusCode, 204)
  await waitFor(() => one.reasons.length > 0 && other.reasons.length > 0)
  t.same([one.reasons, other.reasons], [['revoked'], ['revoked']])
})
