import t from 'tap'
import { createHook } from 'node:async_hooks'
import Fastify from 'fastify'
import zitadel from '../../lib/index.ts'
import { instrument } from '../../lib/telemetry/index.ts'
import { startTelemetry } from '../fixtures/open-telemetry.ts'
import { createIntrospect, bearer, activeResponse, roles } from '../fixtures/guarded-app.ts'

for (const withMetrics of [false, true]) {
  t.test(`a request with a cached verdict is decided without a promise${withMetrics ? ', also with metrics' : ''}`, async (t) => {
    let promises = 0
    const counter = createHook({ init: (_id, type) => { if (type === 'PROMISE') promises++ } })
    t.teardown(() => counter.disable())
    const app = Fastify()
    t.teardown(() => app.close())
    app.addHook('onRequest', (_request, _reply, done) => {
      promises = 0
      counter.enable()
      done()
    })
    await app.register(zitadel, { introspect: createIntrospect({ caller: activeResponse(roles({ admin: ['acme'] })) }).introspect })
    if (withMetrics) instrument(app, startTelemetry(t))
    const counts: number[] = []
    const handler = (_request: unknown, reply: { send: (body: string) => unknown }): void => {
      counter.disable()
      counts.push(promises)
      reply.send('served')
    }
    app.get('/plain', { config: { access: 'public' } }, handler)
    app.get('/guarded', { config: { scopes: ['openid'], roles: ['admin'], organization: () => 'acme' } }, handler)
    for (const url of ['/plain', '/guarded', '/guarded', '/guarded', '/plain']) {
      t.equal((await app.inject({ url, headers: bearer('caller') })).statusCode, 200)
    }
    const [plain, miss, ...hits] = counts
    t.ok(miss! > plain!, 'the count counts')
    t.strictSame(hits, [plain, plain, plain])
  })
}
