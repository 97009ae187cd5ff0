import t from 'tap'
import { startStandIn } from '../../lib/testing/index.ts'
import { introspect, sign } from '../fixtures/stand-in-client.ts'

const standIn = await startStandIn()
const token = await standIn.issueToken()
t.teardown(() => standIn.close())

const inactive = '{"active":false}\n'

t.test('an unknown, expired, revoked or refreshed token is inactive', async (t) => {
  const expired = await standIn.issueToken({ lifetime: -1 })
  const revoked = await standIn.issueToken()
  standIn.revoke(revoked)
  const refreshed = await standIn.issueToken()
  const newer = await standIn.refreshToken(refreshed)
  const left = await standIn.issueToken({ sub: 'left' })
  standIn.deactivateUser('left')
  for (const ended of ['garbage', '__proto__', 'eyJh.b.c.d.e', `${token}x`, expired, revoked, refreshed, left]) {
    t.match(await introspect(standIn, ended), { status: 200, text: inactive }, ended.slice(0, 10))
  }
  t.equal((await introspect(standIn, newer)).json.active, true)
  t.equal((await introspect(standIn, token)).json.active, true, 'another token stays active')
})

t.test('a token expires by the clock option', async (t) => {
  let now = 1_783_670_400_500
  const standIn = await startStandIn({ clock: () => now })
  t.teardown(() => standIn.close())
  const token = await standIn.issueToken({ lifetime: 60 })
  now = 1_783_670_460_000 - 1
  t.equal((await introspect(standIn, token)).json.active, true)
  now = 1_783_670_460_000
  t.equal((await introspect(standIn, token)).text, inactive)
  t.match(standIn.requests.at(-1), { reason: 'token has expired' })
})

t.test('a string that is not an access token is inactive', async (t) => {
  const jwt = await standIn.issueToken({ format: 'jwt' })
  const [head, payload] = jwt.split('.')
  for (const other of ['sess_280000000000000001', await sign(standIn), `${head}.${payload}.AAAA`]) {
    t.match(await introspect(standIn, other), { status: 200, text: inactive })
  }
})

t.test('a token of another project is inactive', async (t) => {
  const foreign = await standIn.addApi({ projectId: '280000000000000002' })
  t.match(await introspect(standIn, token, foreign), { status: 200, text: inactive })
  t.match(standIn.requests.at(-1), { reason: 'token is not valid for this client' })
  const both = await standIn.issueToken({ scopes: ['openid', 'urn:zitadel:iam:org:project:id:280000000000000002:aud'] })
  t.equal((await introspect(standIn, both, foreign)).json.active, true, 'active with the scope of the project')
})

t.test('a token of another instance is inactive', async (t) => {
  const other = await startStandIn()
  t.teardown(() => other.close())
  for (const format of ['opaque', 'jwt', 'legacy'] as const) {
    t.match(await introspect(standIn, await other.issueToken({ format })), { status: 200, text: inactive }, format)
  }
})
