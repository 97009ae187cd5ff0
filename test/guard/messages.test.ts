import t from 'tap'
import { startGuardedApp, activeResponse } from '../fixtures/guarded-app.ts'

t.test('the message of each denial names the failure, and no more', async (t) => {
  const { app, get } = await startGuardedApp(t, { responses: { good: activeResponse({ scope: 'openid' }) } })
  app.get('/', async () => 'served')
  app.get('/role', { config: { roles: ['admin'] } }, async () => 'served')
  app.get('/scope', { config: { scopes: ['email'] } }, async () => 'served')
  const getMessage = async (url: string, token: string | null): Promise<string> => (await get(url, token)).json().message
  t.equal(await getMessage('/', null), 'A bearer token is required')
  t.equal(await getMessage('/', 'two words'), 'Exactly one well-formed bearer token is required')
  t.equal(await getMessage('/', 'bad'), 'The access token is not valid here')
  t.equal(await getMessage('/role', 'good'), 'The caller does not hold a required role')
  t.equal(await getMessage('/scope', 'good'), 'The access token lacks a required scope')
})

t.test('a wrong return value of tokenFrom is in the log, and not in the response', async (t) => {
  const lines: string[] = []
  const { app, get } = await startGuardedApp(t, {
    server: { logger: { level: 'error', stream: { write: (line) => { lines.push(line) } } } },
    options: { tokenFrom: () => 7 as never }
  })
  app.get('/', async () => 'served')
  t.equal((await get('/')).json().message, 'This route is not configured correctly')
  t.match(lines.join(''), /option \\"tokenFrom\\" must return a string, or undefined if there is no token/)
})

t.test('the reason for a denial is in the log, and not in the response', async (t) => {
  const lines: string[] = []
  let exp = 0
  const { app, get, clock } = await startGuardedApp(t, {
    responses: { short: () => activeResponse({ exp }) },
    server: { logger: { level: 'info', stream: { write: (line) => { lines.push(line) } } } }
  })
  exp = clock.seconds + 10
  app.get('/', async () => 'served')
  const getCause = async (token: string | null): Promise<string> => {
    lines.length = 0
    t.equal((await get('/', token)).json().message, token === null ? 'A bearer token is required' : 'The access token is not valid here')
    return lines.map((line) => JSON.parse(line).err).filter((error) => error !== undefined).map(({ message }) => message).join()
  }
  t.match(await getCause('bad'), 'The access token is not valid here: ZITADEL says that it is not active')
  await get('/', 'short')
  clock.advance(11)
  t.equal(await getCause('short'), "The access token is not valid here: it has expired, by this machine's clock")
  t.equal(await getCause(null), 'A bearer token is required', 'there is no detail')
})

t.test('a function "organization" that throws is in the log, without its error', async (t) => {
  const lines: string[] = []
  const { app, get } = await startGuardedApp(t, { server: { logger: { level: 'info', stream: { write: (line) => { lines.push(line) } } } } })
  app.get('/', { config: { roles: ['admin'], organization: () => { throw new Error('no tenant Initech') } } }, async () => 'served')
  t.equal((await get('/')).json().message, 'The caller does not hold a required role')
  t.match(lines.join(''), 'the function \\"organization\\" of this route gave no id (it threw an error)')
  t.notMatch(lines.join(''), 'Initech')
})

t.test('a token has expired at the moment of its exp', async (t) => {
  let exp = 0
  const { app, get, clock } = await startGuardedApp(t, { responses: { short: () => activeResponse({ exp }) } })
  exp = clock.seconds + 10
  app.get('/', async () => 'served')
  t.equal((await get('/', 'short')).statusCode, 200)
  clock.advance((exp * 1000 - 1 - clock.wall()) / 1000)
  t.equal((await get('/', 'short')).statusCode, 200)
  clock.advance(0.001)
  t.equal((await get('/', 'short')).statusCode, 401)
})
