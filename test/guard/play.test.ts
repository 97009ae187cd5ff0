import t from 'tap'
import Fastify from 'fastify'
import { guarded, live } from '../fixtures/guarded-app.ts'
import { createPlugin } from '../../lib/plugin.ts'
import { systemClock } from '../../lib/introspector/clock.ts'
t.test('x', async (t) => {
  for (const urls of [['/wild/*'], ['/'], ['*'], ['/*'], ['/a/*', '/a/b', '/a/:id'], ['/a/:id/*'], ['/a/b*'], ['/:id'], ['/:id', '/x'], ['/a/:file.:ext', '/a/:x-:y'], ['/x/:id?'], ['/:a/:b?'], ['//dup//x'], ['/sp ace (GET)'], ['/a/b/', '/a/b'], ['/static/*', '/static'], ['/abc', '/abd/*', '/abd'],
  ['/u/:id', '/u/:name/x'], ['/u/:id(^\\d+$)', '/u/:num(^\\d+$)/x', '/u/:slug'], ['/v/:a-:b', '/v/:c-:d/e'], ['/w/:id', '/w/:name/x/:y', '/w/:z/x/:q/u'], ['/a::b', '/a::c/:d'], ['/u/:id?', '/u/:name/x'], ['/Ab/:Cd/:eF'], ['/n/:h(^\\d{2})h:m(^\\d{2})m']]) {
    const { app } = await guarded(t, { options: { undeclaredRoutes: 'refused' } })
    for (const url of urls) app.get(url, { config: { scopes: [] } }, async () => 1)
    await app.ready().then(() => console.error('ok', urls), (e) => { console.error(urls, e.message)
    console.error(app.printRoutes({ }))
    })
    const late = Fastify()
    for (const url of urls) late.get(url, { config: { scopes: [] } }, async () => 1)
    late.register(createPlugin(systemClock), { introspect: async () => live(), undeclaredRoutes: 'refused' })
    await late.ready().catch((e) => console.error('  ', e.message.slice(180)))
  }
})
