import t from 'tap'
import type { Diagnosis } from '../../lib/cli/diagnosis.ts'
import { startStandIn } from '../../lib/testing/index.ts'
import { startConnectProxy } from '../fixtures/connect-proxy.ts'
import { runCommand } from '../fixtures/terminal.ts'

const standIn = await startStandIn({ issuer: 'https://auth.acme.example', externalSecure: false })
t.teardown(async () => await standIn.close())
const port = Number(new URL(standIn.address).port)

async function examine (proxy: string, variables: Record<string, string> = {}): Promise<Array<readonly [string, string]>> {
  const env = { ...standIn.env, NODE_USE_ENV_PROXY: '1', HTTP_PROXY: proxy, ...variables }
  const { output } = await runCommand(['doctor', '--json', '--address', 'http://zitadel.internal:8080', '--timeout', '1000'], { env })
  t.notMatch(output, 'canary')
  return (JSON.parse(output) as { checks: Diagnosis[] }).checks.map(({ id, cause }) => [id, cause])
}

t.test('all requests of the doctor go through the proxy', async (t) => {
  const proxy = await startConnectProxy(t, port)
  t.same(await examine(proxy.origin.replace('//', '//user:canary@')), [['options', ''], ['connection', 'plain_http'], ['proxy', ''], ['discovery', ''], ['clock', ''], ['credentials', '']])
  t.same(new Set(proxy.tunnels.map(([target]) => target)), new Set(['zitadel.internal:8080']))
})

t.test('a proxy that does not open the way', async (t) => {
  const proxy = await startConnectProxy(t, port)
  for (const status of [407, 403, 502, -1]) {
    proxy.status = status
    t.same((await examine(proxy.origin)).at(-1), ['connection', 'proxy_rejects'], `${status}`)
  }
  proxy.status = 0
  t.same((await examine(proxy.origin)).at(-1), ['connection', 'too_slow'])
})

t.test('a proxy that is not there, not used or no URL', async (t) => {
  t.same((await examine('http://127.0.0.1:1')).at(-1), ['connection', 'proxy_unreachable'])
  t.same((await examine('http://user:canary@127.0.0.1:1', { NODE_USE_ENV_PROXY: '' })).slice(2), [['proxy', 'proxy_unused'], ['connection', 'name_unresolved']])
  for (const url of ['canary', 'http://canary%:x@127.0.0.1:1']) t.same(await examine(url), [['options', 'proxy_malformed']])
})
