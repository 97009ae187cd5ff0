import t from 'tap'
import { decodeJwt } from 'jose'
import { CANARY, VALID_OPTIONS, describeError, startError, start } from '../fixtures/registration.ts'
import { applicationKey } from '../fixtures/keys.ts'
import { startPeer } from '../fixtures/peer.ts'
import { createConfig } from '../../lib/options/config.ts'

const { credentials } = VALID_OPTIONS

function issuer (given: string): string | undefined {
  return createConfig({ issuer: given, credentials }, {}).authorizationServer?.issuer
}

t.test('the issuer is an https origin', async (t) => {
  for (const origin of ['https://auth.acme.example', 'https://auth.acme.example:8443', 'https://10.0.0.1', 'https://[2001:db8::1]:8443', 'https://zitadel']) {
    await t.resolves(start(t, { issuer: origin, credentials }))
    t.equal(issuer(origin), origin)
  }
})

t.test('the issuer is used as it is written, without a slash at the end', async (t) => {
  const spellings = ['https://auth.acme.example', 'https://Auth.ACME.Example', 'HTTPS://auth.acme.example', 'https://auth.acme.example:443', 'http://localhost:80']
  for (const spelling of spellings) for (const given of [spelling, `${spelling}/`]) t.equal(issuer(given), spelling, given)
})

t.test('the connection goes to the parsed origin, and the routing headers have the host as in the issuer', async (t) => {
  const { endpoint } = createConfig({ issuer: 'https://Auth.acme.example:443', credentials }, {}).authorizationServer!
  t.same(endpoint, { origin: 'https://auth.acme.example', path: '/oauth/v2/introspect', headers: {} })
  const internal = createConfig({ issuer: 'https://Auth.acme.example:443', address: 'http://zitadel:8080', credentials }, {}).authorizationServer!
  t.match(internal.endpoint, { origin: 'http://zitadel:8080', headers: { 'x-zitadel-instance-host': 'Auth.acme.example:443', 'x-forwarded-host': 'Auth.acme.example:443', 'x-forwarded-proto': 'https' } })
})

t.test('a ZITADEL that has the default port in its issuer is accepted, and assertions name that issuer', async (t) => {
  const written = 'https://auth.acme.example:443'
  const peer = await startPeer(t, () => ({ active: true, iss: written }))
  const app = await start(t, { issuer: written, address: peer.origin, credentials: { key: applicationKey() } })
  t.not(await app.zitadel.introspect('token'), null)
  t.same(decodeJwt(peer.asked[0]!.form.get('client_assertion')!).aud, [written])
})

t.test('the message names the part of an issuer to change', async (t) => {
  const hints: Array<[string, string]> = [
    [`https://${CANARY}.example/path`, 'drop the path'], [`https://${CANARY}.example/ui/console`, 'drop the path'], [`https://${CANARY}.example/.well-known/openid-configuration`, 'drop the path'],
    [`https://${CANARY}.example?`, 'drop the query'], [`https://${CANARY}.example/?a=b`, 'drop the query'], [`https://${CANARY}.example#`, 'drop the fragment'], [`https://${CANARY}.example/#a`, 'drop the fragment'],
    [`https://${CANARY}:secret@a.example`, 'drop the user info'], [`https://${CANARY}@a.example`, 'drop the user info'], [`https://:${CANARY}@a.example`, 'drop the user info'], [`${CANARY}.example`, 'add https://'], [`${CANARY}:8080`, 'add https://'], ['127.0.0.1:8093', 'add http://'], ['localhost:8080', 'add http://'], ['[::1]', 'add http://'],
    [` https://${CANARY}.example`, 'drop the white space around it'], [`http://${CANARY}.example`, 'give that name as "address"']
  ]
  for (const [given, hint] of hints) {
    for (const error of [await startError(t, { issuer: given, credentials }), await startError(t, { credentials }, { ZITADEL_ISSUER: given })]) {
      t.ok(error.message.includes(`(${hint})`) || error.message.includes(hint), `${given}: ${error.message}`)
      t.notMatch(describeError(error), CANARY)
    }
  }
  // No part of the name is in the message, not even in another form.
  for (const given of [`https://${CANARY}\u00fc.example`, `https://auth\u3002${CANARY}.example`]) {
    const error = await startError(t, { issuer: given, credentials })
    t.match(error.message, /\(write an international domain name as ZITADEL does: in ASCII, xn--\.\.\.\)$/)
    t.notMatch(describeError(error), CANARY)
  }
  t.equal(issuer('https://xn--bcher-kva.example'), 'https://xn--bcher-kva.example')
  for (const given of ['https://', 'ftp://a.example', 5]) t.notMatch((await startError(t, { issuer: given, credentials })).message, /\((drop|add)/)
})

t.test('plain http is accepted only for loopback', async (t) => {
  for (const origin of ['http://localhost:8080', 'http://auth.localhost', 'http://127.0.0.1:8080', 'http://[::1]:8080']) {
    await t.resolves(start(t, { issuer: origin, credentials }))
    t.equal(issuer(origin), origin)
  }
  for (const given of ['http://auth.acme.example', 'http://10.0.0.1', 'http://0.0.0.0:8080', 'http://localhost.acme.example', 'http://127.0.0.1.acme.example', 'http://[::2]']) {
    t.match((await startError(t, { issuer: given, credentials })).message, /option "issuer" must be .*https \(http only on loopback\)/, given)
  }
})

t.test('an issuer with more than an origin stops the start, even if the part is empty', async (t) => {
  const host = `${CANARY}.example`
  const wrong = [
    `https://${host}//`, `https://${host}/path`, `https://${host}/.`, `https://${host}/%2e`, `https://${host}/path/..`,
    `https://${host}?`, `https://${host}/?`, `https://${host}?q=1`, `https://${host}#`, `https://${host}/#`, `https://${host}#f`,
    `https://user@${host}`, `https://user:secret@${host}`, `https://:@${host}`, `https://@${host}`,
    `https://${host}\\`, `https://${host}\\path`, `https:\\\\${host}`, `https://evil.example\\@${host}`
  ]
  for (const given of wrong) {
    const error = await startError(t, { issuer: given, credentials })
    t.match(error.message, /option "issuer" must be .*without path, query, fragment or user info/, given)
    t.notMatch(describeError(error), CANARY)
  }
})

t.test('a text that only a lenient parser accepts as an origin stops the start', async (t) => {
  const host = `${CANARY}.example`
  const wrong = [
    ` https://${host}`, `https://${host} `, `https://${host}\n`, `\thttps://${host}`, `https://${CANARY}\n.example`, `https://${CANARY}\t.example`, `https:// ${host}`,
    `https:${host}`, `https:/${host}`, `https:///${host}`, host, `//${host}`, `${host}:443`, `https://${host}:99999`, `https://${host}:port`,
    'https://', 'https:', `ftp://${host}`, `wss://${host}`, `file:///${CANARY}`, `javascript:${CANARY}`, 'https://[::1', `https://${CANARY}%20.example`, 'https://300.0.0.1',
    // ZITADEL never calls itself so, so each token would be rejected.
    `https://${host}:`, `https://${host}:/`, `https://%61.${host}`, `https://*.${host}`
  ]
  for (const given of wrong) {
    const error = await startError(t, { issuer: given, credentials })
    t.match(error.message, 'option "issuer" must be ', given)
    t.notMatch(describeError(error), CANARY)
  }
})

t.test('an issuer that is not a string stops the start', async (t) => {
  for (const given of [null, 5, true, {}, [`https://${CANARY}.example`], new URL(`https://${CANARY}.example`), '', '  ']) {
    const error = await startError(t, { issuer: given, credentials })
    t.match(error.message, 'option "issuer" must be ')
    t.notMatch(describeError(error), CANARY)
  }
})

t.test('an issuer of a megabyte is checked like a short one', async (t) => {
  for (const given of [`https://${'a'.repeat(2 ** 20)}/path`, `https://${'a/'.repeat(2 ** 19)}`, `https://a.example${'/'.repeat(2 ** 20)}`, 'https://'.repeat(2 ** 17)]) {
    t.match((await startError(t, { issuer: given, credentials })).message, 'option "issuer" must be ')
  }
})

t.test('a missing issuer stops the start', async (t) => {
  t.match((await startError(t, { credentials })).message, /option "issuer".*ZITADEL_ISSUER.*missing.*https/)
})
