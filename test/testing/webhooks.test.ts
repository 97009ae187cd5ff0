import t, { type Test } from 'tap'
import Fastify from 'fastify'
import { createPlugin } from '../../lib/plugin.ts'
import { startStandIn, type EventBody, type StandIn, type WebhookTarget } from '../../lib/testing/index.ts'
import { ManualClock } from '../fixtures/clock.ts'
import { startPeer } from '../fixtures/peer.ts'
import { findRecorded } from '../fixtures/recorded-events.ts'
import { post } from '../fixtures/stand-in-client.ts'

interface Receiver {
  readonly standIn: StandIn
  readonly target: WebhookTarget
  readonly clock: ManualClock
  /** The bodies of the deliveries so far. */
  readonly events: () => EventBody[]
  readonly statuses: () => unknown[]
}

/** A stand-in whose events go to the route of the plugin. */
async function startReceiver (t: Test): Promise<Receiver> {
  const clock = new ManualClock()
  const standIn = await startStandIn({ clock: clock.wall })
  t.teardown(async () => await standIn.close())
  const target = standIn.addWebhookTarget(async (webhook) => await app.inject({ method: 'POST', url: '/events', ...webhook }))
  const app = Fastify()
  t.teardown(async () => await app.close())
  await app.register(createPlugin(clock), { introspect: () => ({ active: false }), events: { path: '/events', signingKey: target.signingKey } })
  const events = (): EventBody[] => target.deliveries.map(({ payload }) => JSON.parse(payload) as EventBody)
  return { standIn, target, clock, events, statuses: () => target.deliveries.map(({ status }) => status) }
}

t.test('each change is an event with the members of the recorded one', async (t) => {
  const { standIn, target, events, statuses } = await startReceiver(t)
  const token = await standIn.issueToken({ sub: '42', roles: ['reader'] })
  const bare = await standIn.issueToken({ sub: '43' })
  const pat = await standIn.issueToken({ kind: 'pat' })
  await standIn.issueToken({ sub: '44' })
  standIn.setRoles(token, ['writer'])
  standIn.setRoles(token, [])
  standIn.setRoles(bare, ['reader'])
  standIn.revoke(await standIn.refreshToken(token))
  standIn.revoke(token)
  standIn.revoke(pat)
  standIn.lockUser('42')
  standIn.deactivateUser('44')
  await post(standIn, { client_id: standIn.loginClientId, token: bare }, {}, '/oauth/v2/revoke')
  await target.settled()
  t.same(events().map(({ event_type: type, sequence }) => `${type} ${sequence}`), [
    'user.grant.changed 2', 'user.grant.removed 3', 'user.grant.added 1',
    'oidc_session.access_token.added 2', 'oidc_session.access_token.revoked 3', 'user.pat.removed 2',
    'user.locked 2', 'user.deactivated 2', 'oidc_session.access_token.revoked 2'
  ])
  t.same(statuses(), Array(9).fill(204))
  for (const event of events()) {
    // A refresh was not recorded, but the first token of a session, which has the same members.
    const recorded = findRecorded(event.event_type)
    t.same(Object.keys(event), Object.keys(recorded), event.event_type)
    t.same(Object.keys(event.event_payload ?? {}), Object.keys(recorded.event_payload ?? {}), event.event_type)
    for (const member of ['aggregateType', 'version']) t.equal(event[member], recorded[member], `${event.event_type} ${member}`)
  }
  t.match(events()[0], { event_payload: { userId: '42', roleKeys: ['writer'] } })
})

t.test('events are kept back, and sent late or in another order', async (t) => {
  const { standIn, target, events, clock, statuses } = await startReceiver(t)
  for (const sub of ['1', '2', '3']) await standIn.issueToken({ sub })
  await target.release()
  target.hold()
  standIn.lockUser('1')
  standIn.lockUser('2')
  target.hold()
  await target.settled()
  t.same(events(), [])
  clock.advance(600)
  await target.release({ reversed: true })
  standIn.lockUser('3')
  await target.settled()
  t.same(events().map(({ aggregateID }) => aggregateID), ['2', '1', '3'])
  t.same(statuses(), [204, 204, 204], 'they are signed when they are sent')
})

t.test('deliveries are repeated, and forged, old or own ones are sent', async (t) => {
  const { standIn, target, clock } = await startReceiver(t)
  await standIn.issueToken({ sub: '1' })
  standIn.lockUser('1')
  await target.settled()
  const [delivery] = target.deliveries
  t.equal(await target.send(delivery!), 409)
  t.same(target.deliveries[1], { ...delivery, status: 409 })
  const event = { ...JSON.parse(delivery!.payload) as EventBody, sequence: 9 }
  t.equal(await target.send(event, { signingKey: 'another key' }), 401)
  t.equal(await target.send(event, { signedAt: clock.wall() - 301_000 }), 401)
  t.equal(await target.send(event, { signedAt: clock.wall() + 301_000 }), 401)
  t.equal(await target.send(event), 204)
})

t.test('a target can be a URL; it is tried once', async (t) => {
  const peer = await startPeer(t, () => ({}))
  const standIn = await startStandIn()
  t.teardown(async () => await standIn.close())
  const [target, closed] = [standIn.addWebhookTarget(`${peer.origin}/events`), standIn.addWebhookTarget('http://127.0.0.1:1/')]
  await standIn.issueToken({ sub: '1' })
  standIn.lockUser('1')
  await Promise.all([target.settled(), closed.settled()])
  t.equal(peer.asked.length, 1)
  t.match(peer.asked[0]!.request, { method: 'POST', url: '/events', headers: { 'content-type': 'application/json', 'zitadel-signature': /^t=\d+,v1=[0-9a-f]{64}$/ } })
  t.same([target.deliveries[0]!.status, closed.deliveries[0]!.status], [200, undefined])
})
