import t from 'tap'
import { startFreezable } from '../fixtures/frozen-stand-in.ts'
import { OK, startTestApp, unavailable } from '../fixtures/test-app.ts'

t.test('a ZITADEL that is frozen is given up in time, costs the next callers nothing, and is found back when it thaws', async (t) => {
  const { issuer, key, token, others, freeze, thaw } = await startFreezable(t)
  const { clock, get, lines } = await startTestApp(t, { issuer, credentials: { key: JSON.stringify(key) }, timeout: 1000 })
  t.same(await get(token), OK)
  freeze()
  const startedAt = performance.now()
  t.same(await Promise.all(others.map(async (other) => await get(other))), others.map(() => unavailable()))
  t.ok(performance.now() - startedAt < 1000 + 2000)
  t.same(await get(token), OK, 'a cached token is still accepted')
  for (const other of others) t.same(await get(other), unavailable(1))
  t.ok(performance.now() - startedAt < 2000 + 2000, 'nobody has waited any more')
  t.match(lines[0]!.msg, /no answer from ZITADEL within 1000 ms/)
  thaw()
  clock.advance(5)
  t.same(await get(others[0]!), OK)
  t.same(await Promise.all(others.map(async (other) => await get(other))), others.map(() => OK))
})
