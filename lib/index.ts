import type { RouteOptions as ZitadelRouteOptions } from './guard/route.ts'
import type { ActiveToken } from './zitadel/active-token.ts'
import type { Zitadel } from './instance.ts'

declare module 'fastify' {
  interface FastifyInstance {
    zitadel: Zitadel
  }
  interface FastifyRequest {
    /** The token that let the request in. Null at run time where none was looked at: see `app.zitadel.peek`. */
    readonly zitadel: ActiveToken
  }
  // By a name of ours: inside this block, what other plugins add to Fastify's own RouteOptions would be found first.
  interface FastifyContextConfig extends ZitadelRouteOptions {}
}

export { default, default as zitadel } from './plugin.ts'
export { ZitadelError, type ZitadelErrorCode } from './errors.ts'
export type { CacheOptions, Credentials, LimitOptions, Undeclared, UndeclaredRoute, ZitadelOptions } from './options.ts'
export type { AllOrAny, RequirementOptions } from './guard/requirement.ts'
export type { ZitadelRouteOptions }
export type { Hook as ZitadelStrategy } from './guard/guard.ts'
export type { Forgettable } from './introspector/forgetting.ts'
export type { CheckResult } from './introspector/check.ts'
export type { Sign, SigningClient } from './oauth/client-authentication.ts'
export type { IntrospectionResponse } from './oauth/introspection.ts'
export type { ActiveToken, Actor } from './zitadel/active-token.ts'
export type { ApplicationKey } from './zitadel/key-file.ts'
export type { Zitadel } from './instance.ts'
