import Fastify from 'fastify'
import { expectTypeOf } from 'expect-type'
import { zitadelRoute, type ZitadelRouteOptions } from '../lib/index.ts'

const app = Fastify()
const handler = async (): Promise<string> => 'served'

app.get('/', { config: zitadelRoute({ roles: ['reader'] }) }, handler)
app.get('/', { config: zitadelRoute({ scopes: [['openid', 'email'], ['phone']], freshness: 0 }) }, handler)
app.get('/', { config: zitadelRoute({ roles: ['reader'], organization: (request) => request.headers.host ?? '' }) }, handler)
app.get('/', { config: zitadelRoute({ access: 'own' }) }, handler)
app.get('/', { config: { ...zitadelRoute({ roles: ['reader'] }), rateLimit: { max: 10 } } }, handler)
app.route({ method: 'GET', url: '/', config: zitadelRoute({ access: 'public' }), handler })
expectTypeOf(zitadelRoute({ access: 'public' }).access).toEqualTypeOf<'public'>()

const right = { roles: ['reader'] } as const
app.get('/', { config: zitadelRoute(right) }, handler)
const withRoles = <const Role extends string> (role: Role): ZitadelRouteOptions => zitadelRoute({ roles: [role] })
app.get('/', { config: withRoles('reader') }, handler)
const given: ZitadelRouteOptions = { scopes: [] }
app.get('/', { config: zitadelRoute(given) }, handler)

// @ts-expect-error an unknown key: Did you mean to write 'roles'?
zitadelRoute({ role: ['reader'] })
// @ts-expect-error an unknown key beside a known one
zitadelRoute({ roles: ['reader'], organizationId: 'acme' })
// @ts-expect-error a key of another plugin: spread the result beside it
zitadelRoute({ roles: ['reader'], rateLimit: { max: 10 } })
const wrong = { roles: ['reader'], orgId: 'acme' }
// @ts-expect-error an unknown key in a variable
zitadelRoute(wrong)
const wrongConstant = { roles: ['reader'], tenant: 'acme' } as const
// @ts-expect-error an unknown key in a constant
zitadelRoute(wrongConstant)
// @ts-expect-error Type '"pubic"' is not assignable to type '"public" | "optional" | "own"'
zitadelRoute({ access: 'pubic' })
// @ts-expect-error Type 'string' is not assignable to type 'AllOrAny'
zitadelRoute({ roles: 'reader' })
// @ts-expect-error an id, not a promise
zitadelRoute({ roles: ['reader'], organization: async () => 'acme' })
