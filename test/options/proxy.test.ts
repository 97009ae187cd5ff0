import t from 'tap'
import { resolveProxy } from '../../lib/options/proxy-config.ts'
import { CANARY, VALID_OPTIONS, describeError, start, startError } from '../fixtures/registration.ts'

const ISSUER = 'https://auth.acme.example'
const ON = { NODE_USE_ENV_PROXY: '1' }
const PROXY = 'http://proxy.acme.example:3128'

/** The origin of the proxy, or the variable that is not used, or 'none'. */
function find (variables: NodeJS.ProcessEnv, origin: string = ISSUER): string {
  const proxy = resolveProxy(origin, { ...ON, ...variables }, [])
  return proxy === undefined ? 'none' : proxy.server?.origin ?? `${proxy.variable} is not used`
}

t.test('the scheme of the origin selects the variable, and lower case has priority', async (t) => {
  t.equal(find({}), 'none')
  t.equal(find({ HTTPS_PROXY: PROXY, HTTP_PROXY: 'http://other.example' }), PROXY)
  t.equal(find({ HTTPS_PROXY: PROXY, HTTP_PROXY: 'http://other.example' }, 'http://127.0.0.1:8080'), 'http://other.example')
  t.equal(find({ HTTPS_PROXY: PROXY, https_proxy: 'https://other.example' }), 'https://other.example')
  t.equal(find({ HTTP_PROXY: PROXY, http_proxy: 'http://other.example' }), 'http://other.example')
  t.equal(find({ HTTPS_PROXY: PROXY }, 'http://127.0.0.1:8080'), 'none')
})

t.test('without HTTPS_PROXY, HTTP_PROXY is used for https, as fetch of Node.js does', async (t) => {
  t.equal(find({ HTTP_PROXY: PROXY }), PROXY)
  t.equal(find({ http_proxy: PROXY }), PROXY)
})

t.test('an empty variable in lower case hides the one in upper case', async (t) => {
  t.equal(find({ HTTPS_PROXY: PROXY, https_proxy: '' }), 'none')
  t.equal(find({ HTTPS_PROXY: PROXY, NO_PROXY: '*', no_proxy: '' }), PROXY)
})

t.test('a proxy is used with NODE_USE_ENV_PROXY=1 or the option --use-env-proxy of Node.js', async (t) => {
  const env = { HTTPS_PROXY: PROXY }
  const isUsed = (variables: NodeJS.ProcessEnv, execArgv: string[] = []): boolean => resolveProxy(ISSUER, { ...env, ...variables }, execArgv)!.server !== undefined
  t.ok(isUsed(ON))
  t.ok(isUsed({}, ['--enable-source-maps', '--use-env-proxy']))
  t.ok(isUsed({ NODE_OPTIONS: '--enable-source-maps --use-env-proxy' }))
  t.notOk(isUsed({}))
  for (const value of ['0', 'true', '']) t.notOk(isUsed({ NODE_USE_ENV_PROXY: value }), value)
  t.equal(resolveProxy(ISSUER, env)!.variable, 'HTTPS_PROXY')
})

const EXCLUDED: Record<string, boolean> = {
  '*': true,
  'example.com *': true,
  'auth.acme.example': true,
  'AUTH.ACME.EXAMPLE': true,
  'acme.example': true,
  '.acme.example': true,
  '*.acme.example': true,
  'localhost,127.0.0.1, auth.acme.example': true,
  'localhost\tauth.acme.example': true,
  'auth.acme.example:443': true,
  '.acme.example:443': true,
  'auth.acme.example:8443': false,
  'uth.acme.example': false,
  'cme.example': false,
  'auth.acme.example.org': false,
  ',': false,
  '': false
}
for (const [list, isExcluded] of Object.entries(EXCLUDED)) {
  t.test(`NO_PROXY=${JSON.stringify(list)} ${isExcluded ? 'excludes' : 'does not exclude'} ${ISSUER}`, async (t) => {
    for (const name of ['NO_PROXY', 'no_proxy']) t.equal(find({ HTTPS_PROXY: PROXY, [name]: list }), isExcluded ? 'none' : PROXY)
  })
}

t.test('NO_PROXY compares the port, the default one too, and an IPv6 address with and without brackets', async (t) => {
  t.equal(find({ HTTP_PROXY: PROXY, NO_PROXY: 'localhost:8080' }, 'http://localhost:8080'), 'none')
  t.equal(find({ HTTP_PROXY: PROXY, NO_PROXY: 'localhost:80' }, 'http://localhost'), 'none')
  t.equal(find({ HTTP_PROXY: PROXY, NO_PROXY: 'localhost:80' }, 'http://localhost:8080'), PROXY)
  for (const entry of ['[::1]', '::1', '[::1]:8080']) t.equal(find({ HTTP_PROXY: PROXY, NO_PROXY: entry }, 'http://[::1]:8080'), 'none', entry)
  t.equal(find({ HTTP_PROXY: PROXY, NO_PROXY: '2001:db8::1' }, 'http://[2001:db8::1]'), 'none')
  for (const entry of ['::2', '[::1]:80', '1::1']) t.equal(find({ HTTP_PROXY: PROXY, NO_PROXY: entry }, 'http://[::1]:8080'), PROXY, entry)
})

t.test('user and password become the header of the proxy, decoded', async (t) => {
  const read = (user: string): unknown => {
    const { server } = resolveProxy(ISSUER, { ...ON, HTTPS_PROXY: `http://${user}@proxy.example:3128/path` }, [])!
    t.equal(server!.origin, 'http://proxy.example:3128')
    return Buffer.from(server!.authorization!.slice('Basic '.length), 'base64').toString()
  }
  t.equal(read('user:p%40ss%3A'), 'user:p@ss:')
  t.equal(read('user'), 'user:')
  t.equal(read(':password'), ':password')
  t.equal(resolveProxy(ISSUER, { ...ON, HTTPS_PROXY: PROXY }, [])!.server!.authorization, undefined)
})

const INVALID = [
  `user:${CANARY}@proxy.example:3128`, `proxy.example:3128/${CANARY}`, `http://${CANARY}:99999`, `socks5://user:${CANARY}@proxy.example`,
  `${CANARY}`, 'http://', `http://user:%zz${CANARY}@proxy.example`, ' '
]
t.test('an invalid proxy stops the start, and the message does not contain its URL', async (t) => {
  for (const value of INVALID) {
    const error = await startError(t, VALID_OPTIONS, { ...ON, HTTPS_PROXY: value })
    t.match(error.message, /^the variable "HTTPS_PROXY" (?:must be the http or https URL of a proxy|has a user or password that is not percent-encoded)/, value)
    t.notMatch(describeError(error), CANARY)
  }
})

t.test('an invalid proxy that is not used does not stop the start', async (t) => {
  const invalid = { HTTPS_PROXY: CANARY }
  await t.resolves(start(t, VALID_OPTIONS, invalid))
  await t.resolves(start(t, VALID_OPTIONS, { ...ON, ...invalid, NO_PROXY: 'acme.example' }))
  await t.resolves(start(t, { ...VALID_OPTIONS, dispatcher: { request: () => {} } }, { ...ON, ...invalid }))
  await t.resolves(start(t, { introspect: () => ({ active: false }) }, { ...ON, ...invalid }))
})
