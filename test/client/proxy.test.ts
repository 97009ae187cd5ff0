import t from 'tap'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { resolve } from 'node:path'
import { EnvHttpProxyAgent, ProxyAgent } from 'undici'
import { ConnectionPool } from '../../lib/client/connection-pool.ts'
import { Deadline } from '../../lib/client/deadline.ts'
import { startStandIn } from '../../lib/testing/index.ts'
import { startConnectProxy, type ConnectProxy } from '../fixtures/connect-proxy.ts'
import { forkFixture } from '../fixtures/fork-fixture.ts'
import type { TestContext } from '../fixtures/guarded-app.ts'
import { startPeer } from '../fixtures/peer.ts'
import { inEnvironment } from '../fixtures/registration.ts'
import { basic, reason, startConnectedApp, type TestApp } from '../fixtures/test-app.ts'
import type { ZitadelOptions } from '../../lib/index.ts'

const CERTIFICATE = resolve('test/fixtures/tls/acme.crt')
const getPort = (origin: string): number => Number(new URL(origin).port)

/** An app whose environment names a proxy for https. The tunnels end at the port. */
async function startProxiedApp (t: TestContext, port: number, options: ZitadelOptions, variables: Record<string, string> = {}): Promise<TestApp & { proxy: ConnectProxy }> {
  const proxy = await startConnectProxy(t, port)
  const url = proxy.origin.replace('//', '//user:canary@')
  const app = await inEnvironment({ NODE_USE_ENV_PROXY: '1', HTTP_PROXY: url, HTTPS_PROXY: url, ...variables }, () => startConnectedApp(t, { credentials: basic, retry: false, ...options }))
  return { ...app, proxy }
}

t.test('with NODE_USE_ENV_PROXY=1, requests to plain http go through a tunnel of the proxy', async (t) => {
  const standIn = await startStandIn({ issuer: 'https://auth.acme.example', externalSecure: false })
  t.teardown(() => standIn.close())
  const { ask, app, proxy } = await startProxiedApp(t, getPort(standIn.address), { issuer: standIn.issuer, address: 'http://zitadel.internal:8080', credentials: standIn.credentials })
  for (let round = 0; round < 10; round++) t.equal(await ask(await standIn.issueToken()), 'active')
  const authorization = `Basic ${Buffer.from('user:canary').toString('base64')}`
  t.same(proxy.tunnels[0], ['zitadel.internal:8080', authorization])
  t.ok(proxy.tunnels.length < 10, 'tunnels are used again')
  t.equal(proxy.forwarded, 0)
  t.notMatch(standIn.requests, { headers: { 'proxy-authorization': /./ } })
  await app.close()
})

t.test('NO_PROXY, a missing NODE_USE_ENV_PROXY and a dispatcher of the user each bypass the proxy', async (t) => {
  const peer = await startPeer(t, () => ({ active: true }))
  const port = getPort(peer.origin)
  const dispatcher = new EnvHttpProxyAgent({ httpProxy: '' })
  t.teardown(() => dispatcher.destroy())
  const bypasses: Array<[ZitadelOptions, Record<string, string>]> = [
    [{}, { NO_PROXY: 'example.com,127.0.0.1' }],
    [{}, { no_proxy: `127.0.0.1:${port}` }],
    [{}, { NODE_USE_ENV_PROXY: '' }],
    [{ dispatcher }, {}]
  ]
  for (const [options, variables] of bypasses) {
    const { ask, proxy } = await startProxiedApp(t, port, { issuer: peer.origin, ...options }, variables)
    t.equal(await ask(), 'active')
    t.same(proxy.tunnels, [])
  }
})

t.test('at most limits.concurrent tunnels are open, and they are closed with the server', async (t) => {
  const peer = await startPeer(t, async () => {
    await new Promise((resolve) => setImmediate(resolve))
    return { active: true }
  })
  const { ask, app, proxy } = await startProxiedApp(t, getPort(peer.origin), { issuer: peer.origin, limits: { concurrent: 3 }, timeout: 60_000 })
  await Promise.all(Array.from({ length: 40 }, async (_, index) => await ask(`${index}`)))
  t.ok(proxy.open > 0 && proxy.open <= 3, `${proxy.open}`)
  await app.close()
  while (proxy.open > 0) await new Promise((resolve) => setImmediate(resolve))
})

t.test('a status of the proxy is an outage with an advice, and the credentials of the proxy are not logged', async (t) => {
  const { failure, proxy, lines, errors, zitadel } = await startProxiedApp(t, 1, { issuer: 'https://auth.acme.example' })
  const cases: Array<[number, RegExp]> = [[407, /check the user and the password of the proxy; /], [403, /check that the proxy permits connections to the host and port of ZITADEL; /]]
  for (const [status, advice] of cases) {
    proxy.status = status
    const error = await failure()
    t.equal(error.code, 'FST_ZITADEL_UNAVAILABLE')
    t.equal(reason(error), `the proxy rejected the connection to ZITADEL (${status})`)
    t.match((error.cause as { advice?: string }).advice, advice)
    t.match(lines.at(-1)!.msg, /; the connection goes through the proxy in the variable HTTPS_PROXY: check it too, or exclude the host with NO_PROXY$/)
  }
  t.same(proxy.tunnels[0]![0], 'auth.acme.example:443')
  t.notMatch(JSON.stringify([lines, errors, await zitadel.check()]), /canary|dXNlcjpjYW5hcnk/)
})

t.test('a proxy that ends the connection, does not respond or is not there is an outage within the timeout', async (t) => {
  const { failure, proxy, app } = await startProxiedApp(t, 1, { issuer: 'https://auth.acme.example', timeout: 200 })
  proxy.status = -1
  t.equal(reason(await failure()), 'no answer from ZITADEL (PROXY_CONNECTION_ENDED)')
  t.ok(proxy.tunnels.length <= 2, 'the pool does not connect again and again')
  proxy.status = 0
  t.equal(reason(await failure()), 'no answer from ZITADEL within 200 ms')
  await app.close()
  const gone = await startProxiedApp(t, 1, { issuer: 'https://auth.acme.example' }, { HTTPS_PROXY: 'http://127.0.0.1:1' })
  t.equal(reason(await gone.failure()), 'no answer from ZITADEL (ECONNREFUSED)')
  t.match(gone.lines[0]!.msg, /proxy in the variable HTTPS_PROXY: check it too/)
})

t.test('if the tunnel ends nowhere, the request fails', async (t) => {
  const { failure, proxy } = await startProxiedApp(t, 1, { issuer: 'https://auth.acme.example', address: 'http://zitadel.internal' })
  t.match(reason(await failure()), /no answer from ZITADEL \((?:PROXY_CONNECTION_ENDED|ECONNRESET)\)/)
  t.equal(proxy.tunnels[0]![0], 'zitadel.internal:80')
})

t.test('if a proxy is named and not used, the advice says so', async (t) => {
  const peer = await startPeer(t, ({ response }) => { response.destroy() })
  const { failure, lines } = await startProxiedApp(t, 1, { issuer: peer.origin }, { NODE_USE_ENV_PROXY: '' })
  t.match(reason(await failure()), /no answer from ZITADEL/)
  t.match(lines[0]!.msg, /; the variable HTTP_PROXY names a proxy, which is not used: set NODE_USE_ENV_PROXY=1 to use it$/)
})

t.test('a rejection of a ProxyAgent in the option "dispatcher" is described alike', async (t) => {
  const proxy = await startConnectProxy(t, 1)
  for (const [proxyTunnel, status, message] of [[true, 407, '407'], [true, 502, '502'], [false, 407, '407']] as const) {
    const dispatcher = new ProxyAgent({ uri: proxy.origin, proxyTunnel })
    t.teardown(() => dispatcher.destroy())
    proxy.status = status
    const { failure } = await startConnectedApp(t, { issuer: 'http://127.0.0.1:8080', credentials: basic, dispatcher, retry: false })
    if (proxyTunnel) t.equal(reason(await failure()), `the proxy rejected the connection to ZITADEL (${message})`)
  }
})

t.test('https to ZITADEL is end to end through the tunnel, and the certificate is checked', async (t) => {
  const server = createServer({ key: readFileSync('test/fixtures/tls/acme.key'), cert: readFileSync(CERTIFICATE) }, (_request, response) => {
    response.setHeader('content-type', 'application/json').end('{"active":true}')
  })
  t.teardown(() => { server.close().closeAllConnections() })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const proxy = await startConnectProxy(t, port)
  const issuer = 'https://auth.acme.example'

  const pool = new ConnectionPool(issuer, 1, 1000, { origin: proxy.origin, authorization: undefined })
  const request = { origin: issuer, path: '/', method: 'POST', headers: {}, body: '', headersTimeout: 0, bodyTimeout: 0 } as const
  await t.rejects(pool.request({ ...request, signal: new Deadline() }), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }, 'an unknown authority is refused')
  await pool.close()

  // Node.js reads the variable at its start.
  const child = forkFixture('app-process', [JSON.stringify({ options: { issuer, credentials: basic }, tokens: ['token'], close: true })], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    env: { NODE_EXTRA_CA_CERTS: CERTIFICATE, NODE_USE_ENV_PROXY: '1', HTTPS_PROXY: proxy.origin }
  })
  const [{ started, statuses }] = await once(child, 'message')
  t.same([started, statuses], ['started', [200]])
  const [exitCode] = await once(child, 'exit')
  t.equal(exitCode, 0)
  t.same(proxy.tunnels.map(([target]) => target), ['auth.acme.example:443', 'auth.acme.example:443'])
})
