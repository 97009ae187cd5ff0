import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Config } from './options/config.ts'
import { createOptionError } from './errors.ts'
import { getActiveToken } from './guard/checks/access-context.ts'
import type { Guard } from './guard/guard.ts'
import { markStrategyFactory } from './guard/startup/strategy-hooks.ts'
import { checkRequirementKeys, compileRequirement } from './guard/rules/requirement.ts'
import type { RequirementOptions } from './options/route-options.ts'
import type { Forgettable } from './verdicts/verdict-names.ts'
import type { Introspector } from './verdicts/introspector.ts'
import type { CheckResult } from './source/health-check.ts'
import { MAX_TOKEN_LENGTH, isB64Token } from './oauth/bearer.ts'
import type { AuthInfo } from './resource/auth-info.ts'
import type { EndReason } from './streams/end-reason.ts'
import type { OnEndOptions } from './streams/on-end.ts'
import type { ActiveToken } from './zitadel/active-token.ts'
import type { OpenapiOptions } from './openapi/docs-settings.ts'
import type { OpenapiDocs } from './openapi/openapi.ts'

/** A request of any Fastify server (HTTP/1.1 or HTTP/2), with any type provider. */
export type AnyRequest = FastifyRequest<any, any, any, any, any, any, any, any>

type AnyReply = FastifyReply<any, any, any, any, any, any, any, any>

/** A Fastify hook, and a strategy of @fastify/auth. An error denies the request. */
export type ZitadelStrategy = (request: AnyRequest, reply: AnyReply, done: (error?: Error) => void) => void

/** What the plugin adds to the instance as `app.zitadel`. */
export interface Zitadel {
  /**
   * Creates a strategy for your own `app.auth([...])`, with the keys and checks of a route's config. Use it on routes with
   * `access: 'own'`. With the relation `'or'`, put it last: @fastify/auth reports only the last error. A strategy calls back and
   * returns no promise. In an asynchronous hook, await `promisify(strategy)(request, reply)`, with `promisify` of `node:util`. If a
   * hook passes the request on before the strategy has called back, the request waits before its handler, the strategy must let it
   * in, and a line is logged as an error; except in a `preHandler` hook of an instance, or of another plugin's
   * `onRoute` hook. With a cached verdict the strategy calls back at once: a hook that
   * ignores its error lets the request in. In a hook of a route that runs after the handler, such as `onSend`, it is refused.
   *
   * @throws ZitadelError `FST_ZITADEL_OPTION` for a wrong requirement, and for a second one
   * @example
   * ```ts
   * app.get('/report', {
   *   config: { access: 'own' },
   *   onRequest: app.auth([verifyApiKey, app.zitadel.require({ roles: ['auditor'] })])
   * }, report)
   * ```
   */
  require: (requirement?: RequirementOptions) => ZitadelStrategy
  /** Returns `request.zitadel` with its exact type: null if no token was checked, as on public and optional routes. */
  peek: (request: AnyRequest) => ActiveToken | null
  /**
   * Checks a token that did not come with a request, such as one in a WebSocket message. Uses the same cache as requests.
   *
   * @returns null if the token is not active or not valid for this API
   * @throws ZitadelError `FST_ZITADEL_UNAVAILABLE`, `FST_ZITADEL_CLIENT_REJECTED`, and `FST_ZITADEL_OPTION` if the token is no string
   */
  introspect: (token: string) => Promise<ActiveToken | null>
  /**
   * Drops verdicts, so that ZITADEL is asked again: about one token and all tokens with its `jti`, about all tokens of a user
   * (`sub`), or about all tokens with one `jti`. Earlier responses are not used afterwards, even if they have not arrived yet. This
   * applies in this process immediately. With `cache.shared`, the promise resolves when Redis has delivered the forget to all
   * processes. They apply it as soon as they have read it, mostly within milliseconds. Exceptions:
   *
   * - If Redis did not accept it, the log has `FST_ZITADEL_SHARED_FORGET`, and other processes can use their verdicts until
   *   Redis responds again, or `cache.ttl` ends.
   * - A process that is cut off from Redis can use its verdict for up to 17 seconds (5 seconds and half of `cache.ttl`, if that
   *   is less). Its own log has `FST_ZITADEL_SHARED_SUBSCRIPTION`.
   * - After `app.close()`, it applies in this process only.
   *
   * @throws ZitadelError `FST_ZITADEL_OPTION` unless exactly one of them is given
   * @example
   * ```ts
   * await app.zitadel.forget({ sub: user.id })
   * ```
   */
  forget: (what: Forgettable) => Promise<void>
  /**
   * Checks whether ZITADEL responds and accepts this API's credentials. The result is cached for 5 seconds, so a public health
   * route causes no load. The reason is for operators, not for callers.
   */
  check: () => Promise<CheckResult>
  /**
   * Reads the credentials again, and uses them if ZITADEL accepts them. Until then, and if it does not, the previous ones stay in
   * use. The log has the reason for a failure.
   */
  reload: () => Promise<CheckResult>
  /**
   * The `AuthInfo` of the MCP SDK for a request: the caller, frozen. It has no token, unless `{ token: true }` is given.
   *
   * @returns undefined if no token was checked
   * @example
   * ```ts
   * Object.assign(request.raw, { auth: app.zitadel.authInfo(request) }) // toNodeHandler passes it to the tools
   * ```
   */
  authInfo: (request: AnyRequest, options?: { readonly token?: boolean }) => AuthInfo | undefined
  /**
   * Calls back once when the token of a request no longer allows it: for WebSockets, server-sent events and other responses that
   * go on. The token can expire, be revoked, or lose what the route requires. After a `forget`, or an event of ZITADEL about the
   * token, ZITADEL is asked at once, in all processes of a fleet. Otherwise it is asked every `recheck` seconds.
   *
   * After each introspection `request.zitadel` has the new response. While ZITADEL cannot be reached, nothing is called before
   * the token expires. After `app.close()` nothing is called.
   *
   * @param callback may be asynchronous. If it fails, the failure is logged
   * @returns a function that cancels. Call it when the connection closes, because the request and its token stay in memory until then
   * @throws ZitadelError `FST_ZITADEL_OPTION` if no token of the request was checked, or an argument is wrong
   * @example
   * ```ts
   * app.get('/feed', { websocket: true, config: { roles: ['reader'] } }, (socket, request) => {
   *   socket.on('close', app.zitadel.onEnd(request, (reason) => { socket.close(4401, reason) }))
   * })
   * ```
   */
  onEnd: (request: AnyRequest, callback: (reason: EndReason) => unknown, options?: OnEndOptions) => () => void
  /**
   * Completes the options of @fastify/swagger, @fastify/swagger-ui and @scalar/fastify-api-reference: the document says what the
   * guard requires of each route, and the docs page offers a login at ZITADEL.
   *
   * @throws ZitadelError `FST_ZITADEL_OPTION` for wrong options
   * @example
   * ```ts
   * const docs = app.zitadel.openapi({ clientId: '312...', projectId: '311...' })
   * await app.register(swagger, docs.swagger({ openapi: { openapi: '3.1.0', info } }))
   * await app.register(swaggerUi, docs.swaggerUi({ routePrefix: '/docs' }))
   * ```
   */
  openapi: (options: OpenapiOptions) => OpenapiDocs
}

/** Creates the parts of {@link Zitadel} that need the guard and the introspector. */
export function createDecorator ({ customScopes }: Config, guard: Guard, introspector: Introspector, now: () => number): Omit<Zitadel, 'authInfo' | 'onEnd' | 'check' | 'reload' | 'openapi'> {
  return {
    require: markStrategyFactory((requirement = {}, ...others: unknown[]) => {
      // A number comes from map(app.zitadel.require), and the array of it after the number.
      if (others.length > 0 && typeof others[0] !== 'number') throw createOptionError('zitadel.require(): it takes one requirement, and others would be ignored. For both, write one object, or give app.auth() two strategies. As a hook or in app.auth(), call it: app.zitadel.require({ roles: [...] })')
      checkRequirementKeys(requirement, 'zitadel.require()')
      return guard.createStrategy(compileRequirement(requirement, customScopes, 'zitadel.require()'))
    }),
    peek: getActiveToken,
    introspect: async (token) => {
      if (typeof token !== 'string') throw createOptionError('zitadel.introspect(): "token" must be a string')
      // What is no token needs no introspection.
      if (!isB64Token(token)) return null
      const { granted, expiresAt } = await introspector.getVerdict(token)
      return granted !== undefined && now() < expiresAt ? granted.token : null
    },
    forget: async (what) => {
      const named: Array<[name: string, value: unknown] | undefined> = Object.entries(what ?? {})
      const [first] = named
      if (first === undefined || named.length > 1 || !['token', 'sub', 'jti'].includes(first[0]) || typeof first[1] !== 'string' || first[1] === '') {
        throw createOptionError('zitadel.forget(): exactly one of "token", "sub" and "jti" must be given, a non-empty string')
      }
      // What is too long to be a token was never asked about.
      if (first[0] === 'token' && first[1].length > MAX_TOKEN_LENGTH) return
      await introspector.forget(what)
    }
  }
}
