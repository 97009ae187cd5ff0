import Fastify, { type FastifyRequest } from 'fastify'
import { expectTypeOf } from 'expect-type'
import type { ActiveToken, Actor, IntrospectionResponse, ZitadelClaims } from 'fastify-zitadel'

declare module 'fastify-zitadel' {
  interface ZitadelClaims {
    readonly 'https://acme.example/tenant'?: string
  }
}

const app = Fastify()

app.get('/', async (request) => {
  const { claims } = request.zitadel
  expectTypeOf(claims).toEqualTypeOf<ZitadelClaims>()
  expectTypeOf(claims).toExtend<IntrospectionResponse>()
  expectTypeOf(claims.email).toEqualTypeOf<string | undefined>()
  expectTypeOf(claims.act).toEqualTypeOf<Actor | undefined>()
  expectTypeOf(claims['urn:zitadel:iam:user:resourceowner:id']).toEqualTypeOf<string | undefined>()
  expectTypeOf(claims['https://acme.example/tenant']).toEqualTypeOf<string | undefined>()
  expectTypeOf(app.zitadel.peek(request)?.claims['https://acme.example/tenant']).toEqualTypeOf<string | undefined>()
  expectTypeOf(claims['other']).toEqualTypeOf<unknown>()
})

/** A unit test of a handler can make a token by hand. */
const token: ActiveToken = {
  claims: { active: true, email: 'ada@acme.example' },
  sub: 'ada',
  clientId: 'web',
  scopes: ['openid'],
  roles: { admin: { acme: 'acme.example' } },
  organization: 'acme',
  metadata: {},
  actor: undefined,
  expiresAt: undefined,
  stale: false,
  hasScope: () => true,
  hasRole: (role) => role === 'admin'
}
expectTypeOf({ zitadel: token }).toExtend<Pick<FastifyRequest, 'zitadel'>>()
// @ts-expect-error the rest of the token is missing
const incomplete: ActiveToken = { sub: 'ada' }
expectTypeOf(incomplete.sub).toEqualTypeOf<string>()
