import t from 'tap'
import { startStandIn } from '../../lib/testing/index.ts'
import { CANARY, VALID_OPTIONS, describeError, startError, start } from '../fixtures/registration.ts'

const ISSUER = 'https://auth.acme.example'

t.test('at an internal address, ZITADEL finds its instance and accepts assertions for the issuer', async (t) => {
  const standIn = await startStandIn({ issuer: ISSUER, externalSecure: false })
  t.teardown(async () => await standIn.close())
  for (const address of [standIn.address, `${standIn.address}/`]) {
    const app = await start(t, { issuer: ISSUER, address, credentials: standIn.credentials })
    t.same(await app.zitadel.check(), { ok: true })
    t.not(await app.zitadel.introspect(await standIn.issueToken()), null)
  }
  t.match(standIn.requests.at(-1), {
    path: '/oauth/v2/introspect',
    headers: { 'x-zitadel-instance-host': 'auth.acme.example', 'x-forwarded-host': 'auth.acme.example', 'x-forwarded-proto': 'https' }
  })
})

t.test('at the issuer itself, no routing headers are sent', async (t) => {
  const standIn = await startStandIn()
  t.teardown(async () => await standIn.close())
  for (const address of [undefined, standIn.issuer, `${standIn.issuer}/`]) {
    const app = await start(t, { issuer: standIn.issuer, address, credentials: standIn.credentials })
    t.same(await app.zitadel.check(), { ok: true })
  }
  t.equal(standIn.requests.length, 3)
  for (const { headers } of standIn.requests) t.notOk(Object.keys(headers).some((name) => name.startsWith('x-')))
})

t.test('with introspectionEndpoint, requests go to that path', async (t) => {
  const standIn = await startStandIn()
  t.teardown(async () => await standIn.close())
  const app = await start(t, { issuer: standIn.issuer, credentials: standIn.credentials, introspectionEndpoint: '/custom/introspect' })
  t.match(await app.zitadel.check(), { ok: false })
  t.equal(standIn.requests.at(-1)?.path, '/custom/introspect')
})

t.test('plain http is allowed, as inside a cluster', async (t) => {
  for (const address of ['http://zitadel:8080', 'http://zitadel.auth.svc.cluster.local', 'http://10.0.0.1/', 'https://10.0.0.1', 'http://[fd00::1]:8080']) {
    await t.resolves(start(t, { ...VALID_OPTIONS, address }), address)
  }
})

t.test('an address that is no origin stops the start', async (t) => {
  const wrong = [
    null, 5, '', ' ', {}, new URL('http://zitadel:8080'), CANARY, `${CANARY}:8080`, `ftp://${CANARY}`, `xhttp://${CANARY}`, `http://user@${CANARY}`, `http://:secret@${CANARY}`, `http://${CANARY}:x`, `unix:/${CANARY}.sock`,
    `http://${CANARY}:8080/path`, `http://${CANARY}?`, `http://${CANARY}#`, `http://user:secret@${CANARY}`, `http://${CANARY} `, `http://${CANARY}\\`
  ]
  for (const address of wrong) {
    const error = await startError(t, { ...VALID_OPTIONS, address })
    t.match(error.message, /option "address" must be an http or https origin/, String(address))
    t.notMatch(describeError(error), CANARY)
  }
})

t.test('the message names the part of an address to change', async (t) => {
  const hints: Array<[string, string]> = [
    [`${CANARY}:8080`, 'add http:// or https://'], [CANARY, 'add http:// or https://'], [`http://${CANARY}/path`, 'drop the path'], [`http://${CANARY}?a`, 'drop the query'],
    [`http://${CANARY}#a`, 'drop the fragment'], [`http://user:${CANARY}@zitadel`, 'drop the user info'], [` http://${CANARY}`, 'drop the white space around it']
  ]
  for (const [address, hint] of hints) {
    const error = await startError(t, { ...VALID_OPTIONS, address })
    t.ok(error.message.endsWith(`(${hint})`), error.message)
    t.notMatch(describeError(error), CANARY)
  }
  for (const address of ['', 5, `ftp://${CANARY}`, `http://${CANARY}:99999`]) t.match((await startError(t, { ...VALID_OPTIONS, address })).message, /fragment or user info$/)
})
