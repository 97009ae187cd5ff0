import t from 'tap'
import { activeResponse, bearer, startGuardedApp } from '../fixtures/guarded-app.ts'

t.test('a token that expired after its introspection is denied before the body is read', async (t) => {
  const { app, calls, clock } = await startGuardedApp(t, { responses: { brief: () => activeResponse({ exp: clock.seconds + 20 }) } })
  const parsed: string[] = []
  app.addHook('preParsing', async ({ method }) => { parsed.push(method) })
  app.post('/', async () => 'served')
  const post = async (): Promise<number> => (await app.inject({ method: 'POST', url: '/', headers: bearer('brief'), payload: { text: 'body' } })).statusCode
  t.equal(await post(), 200)
  clock.advance(20)
  t.equal(await post(), 401)
  t.strictSame(parsed, ['POST'])
  t.strictSame(calls, ['brief'])
})

t.test('a strategy of require() denies a token that expired after its introspection', async (t) => {
  const { app, clock, zitadel } = await startGuardedApp(t, { responses: { brief: () => activeResponse({ exp: clock.seconds + 20 }) } })
  const check = zitadel().require()
  let denial: Error | undefined
  app.get('/', {
    config: { access: 'own' },
    onRequest: (request, reply, done) => {
      check(request, reply, (error) => {
        denial = error
        done(error)
      })
    }
  }, async () => 'served')
  const get = async (): Promise<number> => (await app.inject({ url: '/', headers: bearer('brief') })).statusCode
  t.equal(await get(), 200)
  clock.advance(20)
  t.equal(await get(), 401)
  t.match(denial, { code: 'FST_ZITADEL_INVALID_TOKEN', reason: 'token_expired' }, 'by the strategy, not by the check after it')
})
