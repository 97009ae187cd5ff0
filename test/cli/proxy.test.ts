import t from 'tap'
import type { Diagnosis } from '../../lib/cli/diagnosis.ts'
import { startStandIn } from '../../lib/testing/index.ts'
import { startConnectProxy } from '../fixtures/connect-proxy.ts'
import { runCommand } from '../fixtures/terminal.ts'

const standIn = await startStandIn({ issuer: 'https://auth.acme.example', externalSecure: false })
t.teardown(async () => await standIn.close())
// Creates the keys, which takes longer than the deadline of a request on a slow machine.
t.equal((await fetch(`${standIn.address}/oauth/v2/keys`, { headers: { 'x-zitadel-instance-host': 'auth.acme.example' } })).status, 200)
const port = Number(new URL(standIn.address).port)

/** No name server is asked for a name with a label of more than 63 characters. */
const HOST = `${'a'.repeat(64)}.internal:8080`
/** Not signed by the issuer. */
const JWT = ['{"alg":"RS256"}', '{"iss":"https://auth.acme.example"}', 'signature'].map((part) => Buffer.from(part).toString('base64url')).join('.')

async function examine (proxy: string, variables: Record<string, string> = {}): Promise<Array<readonly [string, string]>> {
  const env = { ...standIn.env, NODE_USE_ENV_PROXY: '1', HTTP_PROXY: proxy, ...variables }
  const { output } = await runCommand(['doctor', '--json', '--address', `http://${HOST}`, '--timeout', '1000', '--token-file', '-'], { env, text: JWT })
  t.notMatch(output, 'canary')
  return (JSON.parse(output) as { checks: Diagnosis[] }).checks.map(({ id, cause }) => [id, cause])
}

t.test('all requests of the doctor go through the proxy', async (t) => {
  const proxy = await startConnectProxy(t, port)
  t.same(await examine(proxy.origin.replace('//', '//user:canary@')), [['options', ''], ['connection', 'plain_http'], ['proxy', ''], ['discovery', ''], ['clock', ''], ['credentials', ''], ['token_form', ''], ['introspection', 'token_signature']])
  t.same(new Set(proxy.tunnels.map(([target]) => target)), new Set([HOST]))
})

t.test('a proxy that opens no tunnel is reported', async (t) => {
  const proxy = await startConnectProxy(t, port)
  for (const status of [407, 403, 502, -1]) {
    proxy.status = status
    t.match(await examine(proxy.origin), [['options'], ['connection'], ['proxy'], ['connection', 'proxy_rejects'], ['token_form']], `${status}`)
  }
  proxy.status = 0
  t.same((await examine(proxy.origin)).at(-2), ['connection', 'too_slow'])
})

t.test('a proxy that cannot be reached, is not used or is no URL is reported', async (t) => {
  t.same((await examine('http://127.0.0.1:1')).at(-2), ['connection', 'proxy_unreachable'])
  t.same((await examine('http://user:canary@127.0.0.1:1', { NODE_USE_ENV_PROXY: '' })).slice(2), [['proxy', 'proxy_unused'], ['connection', 'name_unresolved'], ['token_form', '']])
  for (const url of ['canary', 'http://canary%:x@127.0.0.1:1']) t.same(await examine(url), [['options', 'proxy_malformed']])
})
