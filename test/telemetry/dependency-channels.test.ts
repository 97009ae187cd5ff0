import t from 'tap'
import { startGuardedApp } from '../fixtures/guarded-app.ts'
import { collectMessages } from '../fixtures/subscribe.ts'

t.test('a subscriber to the channel of lru-cache gets hashes of tokens, and no token', async (t) => {
  const { app, get } = await startGuardedApp(t)
  app.get('/', async () => 'served')
  await app.ready()
  const messages = collectMessages<object>(t, 'lru-cache:metrics')
  await get('/', 'good')
  await get('/', 'good')
  t.ok(messages.length > 0, 'the statement of SECURITY.md is about the version in use')
  t.match(JSON.stringify(messages), /"sub":"ada"|ada/)
  t.notMatch(JSON.stringify(messages), /"good"/)
})
