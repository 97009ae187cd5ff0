import t from 'tap'
import { CANARY, VALID_OPTIONS, describeError, startError, start } from '../fixtures/registration.ts'
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

t.test('it is written as ZITADEL writes it: one slash less, lower case, no default port', async (t) => {
  const spellings = ['https://auth.acme.example/', 'https://Auth.ACME.Example', 'HTTPS://auth.acme.example', 'https://auth.acme.example:443', 'https://AUTH.acme.example:443/']
  for (const spelling of spellings) t.equal(issuer(spelling), 'https://auth.acme.example', spelling)
  t.equal(issuer('http://localhost:80/'), 'http://localhost')
  t.equal(issuer('http://[0:0:0:0:0:0:0:1]:8080'), 'http://[::1]:8080')
})

t.test('plain http is for loopback alone', async (t) => {
  for (const origin of ['http://localhost:8080', 'http://auth.localhost', 'http://127.0.0.1:8080', 'http://[::1]:8080']) {
    await t.resolves(start(t, { issuer: origin, credentials }))
    t.equal(issuer(origin), origin)
  }
  for (const given of ['http://auth.acme.example', 'http://10.0.0.1', 'http://0.0.0.0:8080', 'http://localhost.acme.example', 'http://127.0.0.1.acme.example', 'http://[::2]']) {
    t.match((await startError(t, { issuer: given, credentials })).message, /option "issuer" must be .*https \(http only on loopback\)/, given)
  }
})

t.test('anything beside the origin is refused, even where it is empty', async (t) => {
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

t.test('what only a lenient parser takes for an origin is refused', async (t) => {
  const host = `${CANARY}.example`
  const wrong = [
    ` https://${host}`, `https://${host} `, `https://${host}\n`, `\thttps://${host}`, `https://${CANARY}\n.example`, `https://${CANARY}\t.example`, `https:// ${host}`,
    `https:${host}`, `https:/${host}`, `https:///${host}`, host, `//${host}`, `${host}:443`, `https://${host}:99999`, `https://${host}:port`,
    'https://', 'https:', `ftp://${host}`, `wss://${host}`, `file:///${CANARY}`, `javascript:${CANARY}`, 'https://[::1', `https://${CANARY}%20.example`, 'https://300.0.0.1'
  ]
  for (const given of wrong) {
    const error = await startError(t, { issuer: given, credentials })
    t.match(error.message, 'option "issuer" must be ', given)
    t.notMatch(describeError(error), CANARY)
  }
})

t.test('what is no text is refused', async (t) => {
  for (const given of [null, 5, true, {}, [`https://${CANARY}.example`], new URL(`https://${CANARY}.example`), '', '  ']) {
    const error = await startError(t, { issuer: given, credentials })
    t.match(error.message, 'option "issuer" must be ')
    t.notMatch(describeError(error), CANARY)
  }
})

t.test('an issuer of a megabyte is judged like a short one', async (t) => {
  for (const given of [`https://${'a'.repeat(2 ** 20)}/path`, `https://${'a/'.repeat(2 ** 19)}`, `https://a.example${'/'.repeat(2 ** 20)}`, 'https://'.repeat(2 ** 17)]) {
    t.match((await startError(t, { issuer: given, credentials })).message, 'option "issuer" must be ')
  }
})

t.test('without an issuer nothing starts', async (t) => {
  t.match((await startError(t, { credentials })).message, /option "issuer".*ZITADEL_ISSUER.*missing.*https/)
})
