import t from 'tap'
import { answerOf } from '../fixtures/fault-proxy.ts'
import { INACTIVE, OK, STALE, startProxiedApp, unavailable } from '../fixtures/test-app.ts'

const inactive = answerOf(200, '{"active":false}')

t.test('a token that was active a moment ago and is inactive all of a sudden is asked about once more', async (t) => {
  const { proxy, clock, get, standIn, lines } = await startProxiedApp(t)
  const token = await standIn.issueToken()
  t.same(await get(token), OK)
  clock.advance(31)
  proxy.once(inactive)
  t.same(await get(token), OK, 'ZITADEL says inactive too when it fails inside')
  t.equal(proxy.requests(), 3)
  t.same(lines, [])
})

t.test('and believed when it is inactive again, without a third question', async (t) => {
  const { proxy, clock, get, standIn } = await startProxiedApp(t)
  const token = await standIn.issueToken()
  t.same(await get(token), OK)
  standIn.revoke(token)
  clock.advance(31)
  t.same(await get(token), INACTIVE)
  t.equal(proxy.requests(), 3)
  clock.advance(6)
  t.same(await get(token), INACTIVE)
  t.equal(proxy.requests(), 4, 'which ends the doubt')
})

t.test('a token that was never active is asked about once', async (t) => {
  const { proxy, get } = await startProxiedApp(t)
  t.same(await get('stranger'), INACTIVE)
  t.equal(proxy.requests(), 1)
})

t.test('so is one that was active and has expired since', async (t) => {
  const { proxy, clock, get, standIn } = await startProxiedApp(t)
  const token = await standIn.issueToken({ lifetime: 60 })
  t.same(await get(token), OK)
  clock.advance(61)
  t.same(await get(token), INACTIVE)
  t.equal(proxy.requests(), 2)
})

t.test('and one that was forgotten', async (t) => {
  const { app, proxy, get, standIn } = await startProxiedApp(t)
  const token = await standIn.issueToken()
  t.same(await get(token), OK)
  standIn.revoke(token)
  await app.zitadel.forget({ token })
  t.same(await get(token), INACTIVE)
  t.equal(proxy.requests(), 2)
})

t.test('retry: false believes it at once', async (t) => {
  const { proxy, clock, get, standIn } = await startProxiedApp(t, { retry: false })
  const token = await standIn.issueToken()
  t.same(await get(token), OK)
  clock.advance(31)
  proxy.once(inactive)
  t.same(await get(token), INACTIVE)
})

t.test('a doubt that cannot be settled is a 503, and ends the use of what was known past its time', async (t) => {
  const { proxy, clock, get, standIn } = await startProxiedApp(t, { staleIfError: 600 })
  const [token, other] = [await standIn.issueToken(), await standIn.issueToken()]
  t.same(await get(token), OK)
  t.same(await get(other), OK)
  clock.advance(31)
  proxy.mode = 'rst-on-request'
  proxy.once(inactive)
  t.same(await get(token), unavailable())
  t.same(await get(token), unavailable(), 'nor later')
  t.same(await get(other), STALE, 'unlike what nobody has doubted')
  proxy.mode = 'pass'
  clock.advance(5)
  t.same(await get(token), OK)
  clock.advance(31)
  proxy.mode = 'rst-on-request'
  t.same(await get(token), STALE, 'an active answer ends the doubt')
})
