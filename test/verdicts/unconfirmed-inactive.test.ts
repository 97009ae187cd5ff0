import t from 'tap'
import { createAnswer } from '../fixtures/fault-proxy.ts'
import { INACTIVE, OK, STALE, startProxiedApp, unavailable } from '../fixtures/test-app.ts'

const inactive = createAnswer(200, '{"active":false}')

t.test('if a known token is inactive, it is introspected once more', async (t) => {
  const { proxy, clock, get, standIn, lines } = await startProxiedApp(t)
  const token = await standIn.issueToken()
  t.same(await get(token), OK)
  clock.advance(31)
  proxy.once(inactive)
  t.same(await get(token), OK, 'ZITADEL also says inactive if it fails internally')
  t.equal(proxy.requests(), 3)
  t.same(lines, [])
})

t.test('after two inactive responses, the token is inactive, without a third introspection', async (t) => {
  const { proxy, clock, get, standIn } = await startProxiedApp(t)
  const token = await standIn.issueToken()
  t.same(await get(token), OK)
  standIn.revoke(token)
  clock.advance(31)
  t.same(await get(token), INACTIVE)
  t.equal(proxy.requests(), 3)
  clock.advance(6)
  t.same(await get(token), INACTIVE)
  t.equal(proxy.requests(), 4, 'one introspection, because the token is not known any more')
})

t.test('an unknown token that is inactive is introspected once', async (t) => {
  const { proxy, get } = await startProxiedApp(t)
  t.same(await get('unknown'), INACTIVE)
  t.equal(proxy.requests(), 1)
})

t.test('a known token that has expired is introspected once', async (t) => {
  const { proxy, clock, get, standIn } = await startProxiedApp(t)
  const token = await standIn.issueToken({ lifetime: 60 })
  t.same(await get(token), OK)
  clock.advance(61)
  t.same(await get(token), INACTIVE)
  t.equal(proxy.requests(), 2)
})

t.test('a known token that was forgotten is introspected once', async (t) => {
  const { app, proxy, get, standIn } = await startProxiedApp(t)
  const token = await standIn.issueToken()
  t.same(await get(token), OK)
  standIn.revoke(token)
  await app.zitadel.forget({ token })
  t.same(await get(token), INACTIVE)
  t.equal(proxy.requests(), 2)
})

t.test('with retry: false, one inactive response is enough', async (t) => {
  const { proxy, clock, get, standIn } = await startProxiedApp(t, { retry: false })
  const token = await standIn.issueToken()
  t.same(await get(token), OK)
  clock.advance(31)
  proxy.once(inactive)
  t.same(await get(token), INACTIVE)
})

t.test('if the second introspection fails, the result is a 503, and the verdict is not used past its ttl any more', async (t) => {
  const { proxy, clock, get, standIn } = await startProxiedApp(t, { staleIfError: 600 })
  const [token, other] = [await standIn.issueToken(), await standIn.issueToken()]
  t.same(await get(token), OK)
  t.same(await get(other), OK)
  clock.advance(31)
  proxy.mode = 'rst-on-request'
  proxy.once(inactive)
  t.same(await get(token), unavailable())
  t.same(await get(token), unavailable(), 'later too')
  t.same(await get(other), STALE, 'another token is used past its ttl')
  proxy.mode = 'pass'
  clock.advance(5)
  t.same(await get(token), OK)
  clock.advance(31)
  proxy.mode = 'rst-on-request'
  t.same(await get(token), STALE, 'an active response makes it usable again')
})
