import t from 'tap'
import { readFileSync } from 'node:fs'
import { buildApiWithEvents } from '../../examples/docs/events.ts'
import { tryLogout } from '../../examples/docs/logout.ts'
import { buildInstrumentedApi } from '../../examples/docs/instrumented.ts'
import { watchDenials } from '../../examples/docs/observability.ts'
import { bearer, createIntrospect } from '../fixtures/guarded-app.ts'
import { startTelemetry } from '../fixtures/open-telemetry.ts'
import { SIGNING_KEY, findRecorded, sign } from '../fixtures/recorded-events.ts'

const { introspect } = createIntrospect({})

t.test('the documented subscriber gets denials, and the documented API is measured', async (t) => {
  const denials: unknown[] = []
  watchDenials((...denial) => { denials.push(denial) })
  const telemetry = startTelemetry(t)
  const app = await buildInstrumentedApi({ introspect }, telemetry)
  t.teardown(() => app.close())
  await app.inject({ url: '/orders', headers: bearer('unknown') })
  t.same(denials, [['/orders', 'token_inactive']])
  t.equal((await telemetry.read('fastify_zitadel.decisions'))[0]?.value, 1)
})

t.test('the documented API receives events', async (t) => {
  const app = await buildApiWithEvents({ introspect }, SIGNING_KEY)
  t.teardown(() => app.close())
  const payload = JSON.stringify(findRecorded('user.locked'))
  const { statusCode } = await app.inject({ method: 'POST', url: '/zitadel/events', headers: { 'zitadel-signature': sign(payload, Math.floor(Date.now() / 1000)) }, payload })
  t.equal(statusCode, 204)
})

t.test('the documented API receives logout tokens', async (t) => {
  t.same(await tryLogout(), [200, 200, 401])
})

t.test('the dashboard and the alerts name metrics that exist', async (t) => {
  const documented = readFileSync('docs/observability.md', 'utf8').replaceAll('.', '_')
  const files = ['dashboard.json', 'alerts.yaml'].map((name) => readFileSync(`examples/metrics/${name}`, 'utf8'))
  t.ok(JSON.parse(files[0]!).panels.length > 5)
  const names = new Set(files.join('\n').match(/fastify_zitadel_\w+/g)!.map((name) => name.replace(/_(total|bucket|count|sum)$/, '')))
  for (const name of names) t.ok(documented.includes(name), name)
})
