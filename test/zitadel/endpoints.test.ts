import t from 'tap'
import { resolveIntrospectionEndpoint } from '../../lib/zitadel/endpoints.ts'
import { isLoopback } from '../../lib/plain-http.ts'

t.test('the endpoint is at the issuer by default, without routing headers', async (t) => {
  t.same(resolveIntrospectionEndpoint('https://auth.acme.example'), { origin: 'https://auth.acme.example', path: '/oauth/v2/introspect', headers: {} })
  t.same(resolveIntrospectionEndpoint('https://auth.acme.example', 'https://auth.acme.example').headers, {})
})

t.test('for another address, headers name the host and the protocol of the issuer', async (t) => {
  t.same(resolveIntrospectionEndpoint('https://auth.acme.example', 'http://zitadel:8080'), {
    origin: 'http://zitadel:8080',
    path: '/oauth/v2/introspect',
    headers: { 'x-zitadel-instance-host': 'auth.acme.example', 'x-forwarded-host': 'auth.acme.example', 'x-forwarded-proto': 'https' }
  })
})

t.test('the headers contain the port of the issuer, and http', async (t) => {
  t.same(resolveIntrospectionEndpoint('http://localhost:8080', 'http://zitadel:8080').headers, {
    'x-zitadel-instance-host': 'localhost:8080', 'x-forwarded-host': 'localhost:8080', 'x-forwarded-proto': 'http'
  })
})

t.test('the path can be changed', async (t) => {
  t.equal(resolveIntrospectionEndpoint('https://auth.acme.example', undefined, '/custom/introspect').path, '/custom/introspect')
  t.equal(resolveIntrospectionEndpoint('https://auth.acme.example', 'http://zitadel:8080', '/custom/introspect').path, '/custom/introspect')
})

t.test('names that always mean this machine are loopback', async (t) => {
  for (const url of ['http://localhost', 'http://LOCALHOST:8080', 'http://auth.localhost', 'http://127.0.0.1', 'http://127.255.0.9', 'http://127.1', 'http://0x7f000001', 'http://[::1]', 'http://[0:0:0:0:0:0:0:1]:8080']) {
    t.ok(isLoopback(new URL(url).hostname), url)
  }
})

t.test('names and addresses that only look like loopback are not', async (t) => {
  const urls = [
    'http://localhost.evil.example', 'http://evil-localhost', 'http://127.0.0.1.evil.example', 'http://127.evil.example', 'http://127.0.0.x.evil', 'http://128.0.0.1',
    'http://0.0.0.0', 'http://10.0.0.1', 'http://[::]', 'http://[::2]', 'http://[::ffff:127.0.0.1]', 'http://zitadel'
  ]
  for (const url of urls) t.notOk(isLoopback(new URL(url).hostname), url)
  for (const hostname of ['', '127', '127.0.0', '127.a.b.c', '127.0.0.x1', '127.0.0.1x', '127.0.0.1.', '.127.0.0.1', 'xlocalhost']) t.notOk(isLoopback(hostname), hostname)
})
