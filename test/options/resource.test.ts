import t from 'tap'
import { createConfig } from '../../lib/options/config.ts'
import { CANARY, VALID_OPTIONS, describeError, start, startError } from '../fixtures/registration.ts'

const url = 'https://api.acme.example/mcp'

const WRONG_URLS = [
  CANARY, `/${CANARY}`, `//${CANARY}/mcp`, `${CANARY}.example/mcp`, `http://${CANARY}.example/mcp`, `ftp://${CANARY}.example/mcp`,
  `https://${CANARY.toUpperCase()}.example/mcp`, `https://${CANARY}.example:443/mcp`, `https://u:p@${CANARY}.example/mcp`, `https://${CANARY}.example/mcp?x`, `https://${CANARY}.example/mcp#x`, `https://${CANARY}.example?`,
  `https://${CANARY}.example/a/../mcp`, `https://${CANARY}.example//mcp`, `https://${CANARY}.example/mcp//`, `https://${CANARY}.example/%6dcp`, `https://${CANARY}.example/:id`, `https://${CANARY}.example/*`, `https://${CANARY}.example/é`,
  ` https://${CANARY}.example/mcp`, `https://${CANARY}.example/mcp\n`, `https://${CANARY}.example/m"cp`
]

const WRONG: Array<[string, RegExp, unknown[]]> = [
  ['resource', /a URL, an object \{ url, scopes, name, documentation, personalAccessTokens \}, or a non-empty array/, [null, '', ' ', 5, true, [], () => CANARY]],
  ['resource', /a URL in canonical spelling/, WRONG_URLS],
  ['resource[1]', /an object/, [[url, null], [url, 5], [url, undefined]]],
  ['resource[1]', /a URL in canonical spelling/, WRONG_URLS.map((wrong) => [url, wrong])],
  ['resource.url', /a URL in canonical spelling/, [{}, { url: undefined }, ...[null, 5, [url], ...WRONG_URLS].map((url) => ({ url }))]],
  ['resource[0].url', /a URL in canonical spelling/, [[{}]]],
  ['resource.scopes', /scope-tokens, without role scopes and offline_access/, [null, CANARY, {}, [''], [`${CANARY} x`], [`"${CANARY}`], [5], ['openid', undefined], [`urn:zitadel:iam:org:project:role:${CANARY}`], ['offline_access']].map((scopes) => ({ url, scopes }))],
  ['resource.name', /printable ASCII/, [null, 5, '', ' ', `${CANARY}\n`, `${CANARY}é`].map((name) => ({ url, name }))],
  ['resource.documentation', /http or https URL/, [null, 5, '', CANARY, `javascript:${CANARY}`, `https://${CANARY} x`, 'https://'].map((documentation) => ({ url, documentation }))],
  ['resource.personalAccessTokens', /true or false/, [null, 'true', 0, CANARY].map((personalAccessTokens) => ({ url, personalAccessTokens }))]
]

for (const [path, expected, values] of WRONG) {
  t.test(`a wrong ${path} stops the start (${expected.source})`, async (t) => {
    for (const resource of values) {
      const error = await startError(t, { ...VALID_OPTIONS, projectId: '42', resource })
      t.ok([`option "${path}" must be `, `option "${path}" is missing: it must be `].some((start) => error.message.startsWith(start)), error.message)
      t.match(error.message, expected)
      t.notMatch(describeError(error), new RegExp(CANARY, 'i'), 'the message has nothing of the value')
    }
  })
}

t.test('an unknown key of a resource stops the start, and the right one is suggested', async (t) => {
  t.match((await startError(t, { ...VALID_OPTIONS, resource: { url, scope: ['email'] } })).message, 'unknown option "resource.scope", did you mean "resource.scopes"?')
  t.match((await startError(t, { ...VALID_OPTIONS, resource: [{ url, uri: url }] })).message, 'unknown option "resource[0].uri"')
})

t.test('a key of a resource that is not an own property stops the start', async (t) => {
  t.match((await startError(t, { ...VALID_OPTIONS, resource: Object.create({ url }) })).message, 'option "resource.url" must be an own, enumerable property')
})

t.test('two resources with the same path stop the start', async (t) => {
  for (const other of [url, `${url}/`, 'https://other.example/mcp']) {
    t.match((await startError(t, { ...VALID_OPTIONS, resource: [url, other] })).message, 'option "resource" must name resources with different paths')
  }
})

t.test('beside a resource, a projectId that cannot be part of a scope stops the start', async (t) => {
  t.match((await startError(t, { ...VALID_OPTIONS, projectId: 'a b', resource: url })).message, 'option "projectId" must be printable ASCII')
  await t.resolves(start(t, { ...VALID_OPTIONS, projectId: 'a b' }))
})

t.test('a resource needs an issuer, also if introspect replaces ZITADEL', async (t) => {
  const introspect = async (): Promise<object> => ({ active: false })
  t.match((await startError(t, { introspect, resource: url })).message, 'option "resource" needs "issuer"')
  t.equal(createConfig({ introspect, resource: url, issuer: 'https://auth.acme.example/' }, {}).issuer, 'https://auth.acme.example')
})

t.test('a URL with http is accepted on loopback, and each form of the option', async (t) => {
  for (const resource of ['http://127.0.0.1:3000/mcp', 'http://localhost:3000', 'https://api.acme.example:8443/v1/m-c_p.~@+/', { url }, [{ url }, 'https://api.acme.example/']]) {
    t.doesNotThrow(() => createConfig({ ...VALID_OPTIONS, resource }, {}))
  }
})
