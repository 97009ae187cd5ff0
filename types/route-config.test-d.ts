import Fastify from 'fastify'
import { expectTypeOf } from 'expect-type'
// Other plugins add to Fastify's types too.
import '@fastify/websocket'
import type { ActiveToken, AllOrAny, ZitadelRouteOptions } from '../lib/index.ts'

const app = Fastify()
const handler = async (): Promise<string> => 'served'

app.get('/', { config: { scopes: ['openid'] } }, handler)
app.get('/', { config: { scopes: [['openid', 'email'], ['phone']] } }, handler)
app.get('/', { config: { scopes: [] } }, handler)
app.get('/', { config: { roles: ['admin'] as const, organization: 'acme', freshness: 0 } }, handler)
app.get('/', { config: { roles: ['admin'], organization: (request) => request.headers.host ?? '' } }, handler)
app.get('/', { config: { access: 'public' } }, handler)
app.get('/', { config: { access: 'optional' } }, handler)
app.route({ method: ['PUT', 'POST'], url: '/', config: { access: 'own' }, handler })
app.get('/', { websocket: true, config: { roles: ['admin'] } }, () => {})

// @ts-expect-error an array of scopes
app.get('/', { config: { scopes: 'openid' } }, handler)
// @ts-expect-error one form or the other
app.get('/', { config: { scopes: ['openid', ['email']] } }, handler)
// @ts-expect-error names of roles
app.get('/', { config: { roles: [1] } }, handler)
// @ts-expect-error an unknown access
app.get('/', { config: { access: 'private' } }, handler)
// @ts-expect-error seconds
app.get('/', { config: { scopes: [], freshness: '0' } }, handler)
// @ts-expect-error an id, not a promise
app.get('/', { config: { roles: ['admin'], organization: async () => 'acme' } }, handler)
// @ts-expect-error undefined is no requirement
app.get('/', { config: { scopes: undefined } }, handler)
expectTypeOf<ZitadelRouteOptions['access']>().toEqualTypeOf<'public' | 'optional' | 'own' | undefined>()
expectTypeOf<ZitadelRouteOptions['scopes']>().toEqualTypeOf<AllOrAny | undefined>()

app.get('/', async (request) => {
  expectTypeOf(request.zitadel).toEqualTypeOf<ActiveToken>()
  expectTypeOf(request.zitadel.sub).toEqualTypeOf<string>()
  expectTypeOf(request.zitadel.clientId).toEqualTypeOf<string | undefined>()
  expectTypeOf(request.zitadel.scopes).toEqualTypeOf<readonly string[]>()
  expectTypeOf(request.zitadel.roles['admin']!['acme']).toEqualTypeOf<string | undefined>()
  expectTypeOf(request.zitadel.metadata['tier']).toEqualTypeOf<string | undefined>()
  expectTypeOf(request.zitadel.claims['custom']).toEqualTypeOf<unknown>()
  expectTypeOf(request.zitadel.hasRole('admin', { organization: request.zitadel.organization })).toEqualTypeOf<boolean>()
  // @ts-expect-error read-only
  request.zitadel = app.zitadel.peek(request)!
  // @ts-expect-error read-only
  request.zitadel.sub = 'root'
  // @ts-expect-error read-only
  request.zitadel.scopes.push('email')
  // @ts-expect-error read-only
  request.zitadel.roles['admin'] = {}
  // @ts-expect-error read-only
  request.zitadel.claims['scope'] = 'email'
})
