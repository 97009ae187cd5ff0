import t from 'tap'
import { Readable, pipeline } from 'node:stream'
import { once } from 'node:events'
import { startStandIn } from '../../lib/testing/index.ts'
import { basic, startConnectedApp, reason } from '../fixtures/test-app.ts'
import { send, startPeer } from '../fixtures/peer.ts'

const limit = 1024 * 1024
const answer = (size: number): string => '{"active":true}'.padEnd(size)

t.test('a response of 1 MiB is read', async (t) => {
  const peer = await startPeer(t, ({ response }) => send(response, 200, answer(limit)))
  const { ask } = await startConnectedApp(t, { issuer: peer.origin, credentials: basic })
  t.equal(await ask(), 'active')
})

t.test('a larger response is not read to its end', async (t) => {
  const peer = await startPeer(t, ({ response, index }) => index === 0 ? send(response, 200, answer(limit + 1)) : { active: true })
  const { failure, ask } = await startConnectedApp(t, { issuer: peer.origin, credentials: basic })
  const error = await failure()
  t.equal(error.code, 'FST_ZITADEL_UNAVAILABLE')
  t.equal(reason(error), 'no answer from ZITADEL (RESPONSE_TOO_LARGE)')
  t.equal(await ask(), 'active')
})

t.test('an endless body is not read, and its connection is closed', async (t) => {
  const peer = await startPeer(t, ({ response, index }) => {
    if (index > 0) return { active: true }
    pipeline(Readable.from(function * () { while (true) yield answer(16_384) }()), response, () => {})
    return undefined
  })
  const { failure, ask } = await startConnectedApp(t, { issuer: peer.origin, credentials: basic, timeout: 60_000 })
  t.equal(reason(await failure()), 'no answer from ZITADEL (RESPONSE_TOO_LARGE)')
  const { response } = peer.asked[0]!
  if (!response.closed) await once(response, 'close')
  t.equal(await ask(), 'active')
})

t.test('an endless body of the stand-in is not read', async (t) => {
  const standIn = await startStandIn()
  t.teardown(() => standIn.close())
  standIn.fail('endless-body', { times: 1 })
  const { ask } = await startConnectedApp(t, { issuer: standIn.issuer, credentials: standIn.credentials, timeout: 60_000 })
  const token = await standIn.issueToken()
  t.equal(await ask(token), 'FST_ZITADEL_UNAVAILABLE')
  t.equal(await ask(token), 'active')
})
