import type { ZitadelRouteOptions } from './options/route-options.ts'
import type { ActiveToken } from './zitadel/active-token.ts'
import type { Zitadel } from './decorator.ts'

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
export type { CacheOptions, Credentials, LimitOptions, Undeclared, UndeclaredRoute, ZitadelOptions } from './options/options.ts'
export type { AllOrAny, RequirementOptions, ZitadelRouteOptions } from './options/route-options.ts'
export type { GuardHook as ZitadelStrategy } from './guard/guard.ts'
export type { Forgettable } from './verdicts/forget-target.ts'
export type { CheckResult } from './source/health-check.ts'
export type { Sign, SigningClient } from './oauth/client-authentication.ts'
export type { IntrospectionResponse } from './oauth/introspection.ts'
export type { ActiveToken, Actor } from './zitadel/active-token.ts'
export type { ApplicationKey } from './zitadel/application-key.ts'
export type { Zitadel } from './decorator.ts'
