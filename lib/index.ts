/**
 * The entry `fastify-zitadel`: the plugin, its error, and the types of options, requests and channels.
 *
 * @packageDocumentation
 */
import type { ZitadelRouteOptions } from './options/route-options.ts'
import type { ActiveToken } from './zitadel/active-token.ts'
import type { Zitadel } from './decorator.ts'

declare module 'fastify' {
  interface FastifyInstance {
    zitadel: Zitadel
  }
  interface FastifyRequest {
    /** The token of the request. Null at run time if no token was checked: use `app.zitadel.peek` there. */
    readonly zitadel: ActiveToken
  }
  interface FastifyContextConfig extends ZitadelRouteOptions {}
}

export { default, default as zitadel } from './plugin.ts'
export { ZitadelError, type DenialReason, type ZitadelErrorCode } from './errors.ts'
export { zitadelRoute, type UnknownRouteConfigKey } from './guard/rules/zitadel-route.ts'
export type { CacheOptions, Credentials, DispatcherLike, LimitOptions, Undeclared, UndeclaredRoute, ZitadelOptions } from './options/plugin-options.ts'
export type { EventsOptions } from './options/events-options.ts'
export type { BackChannelLogoutOptions } from './options/logout-options.ts'
export type { ResourceOptions } from './options/resource-options.ts'
export type { RedisLike, SharedCacheOptions } from './options/shared-cache-options.ts'
export type { AllOrAny, McpRouteOptions, RequirementOptions, ZitadelRouteOptions } from './options/route-options.ts'
export type { AuthInfo, AuthInfoExtra } from './resource/auth-info.ts'
export type { Forgettable } from './verdicts/verdict-names.ts'
export type { CheckResult } from './source/health-check.ts'
export type {
  CredentialsMessage, DecisionMessage, DecisionSource, EventMessage, EventRejection, ForgetMessage, IntrospectionMessage,
  LogoutMessage, LogoutRejection, OutageMessage
} from './channels.ts'
export type { Sign, SigningClient } from './oauth/private-key-jwt.ts'
export type { IntrospectionResponse } from './oauth/introspection.ts'
export type { ActiveToken } from './zitadel/active-token.ts'
// A star, because TypeScript merges declarations of users only through one.
export type * from './zitadel/claims.ts'
export type { ApplicationKey } from './zitadel/application-key.ts'
export type { OpenapiOptions } from './openapi/docs-settings.ts'
export type { OpenapiDocs } from './openapi/openapi.ts'
export type { EndReason } from './streams/end-reason.ts'
export type { OnEndOptions } from './streams/on-end.ts'
export type { AnyRequest, Zitadel, ZitadelStrategy } from './decorator.ts'
