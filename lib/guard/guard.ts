import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Config } from '../options/config.ts'
import { ZitadelError, toRequestError } from '../errors.ts'
import type { Introspector } from '../verdicts/introspector.ts'
import { isB64Token } from '../oauth/bearer.ts'
import type { ActiveToken } from '../zitadel/active-token.ts'
import { createAccessChecks, type AccessCheck, type AccessChecks, type AccessContext } from './access-checks.ts'
import { createBearerErrors, type BearerErrors } from './bearer-errors.ts'
import type { Requirement } from './requirement.ts'
import { createRuleResolver, type RouteRule, type RuleResolver } from './route-rules.ts'
import { handleUpgradeErrors } from './upgrade.ts'
import { createTokenReader, type TokenReader } from './token-reader.ts'

/** A Fastify hook, and a strategy of @fastify/auth. An error denies the request. */
export type GuardHook = (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => void

const ACCESS_CONTEXT = Symbol('fastify-zitadel.use')
type CheckedRequest = FastifyRequest & { [ACCESS_CONTEXT]?: AccessContext }

/** The token of a request; null if no token was checked. */
export function getActiveToken (request: FastifyRequest): ActiveToken | null {
  return (request as CheckedRequest)[ACCESS_CONTEXT]?.verdict.granted?.token ?? null
}

/** Decides whether a request may pass, by the verdict on its token and the rule of its route. */
export class Guard {
  readonly #introspector: Introspector
  readonly #bearerErrors: BearerErrors
  readonly #checks: AccessChecks
  readonly #readToken: TokenReader
  readonly #rules: RuleResolver

  /** @param now milliseconds since 1970 */
  constructor (config: Config, introspector: Introspector, now: () => number) {
    this.#introspector = introspector
    this.#bearerErrors = createBearerErrors(config.realm)
    this.#checks = createAccessChecks(this.#bearerErrors, now)
    this.#readToken = createTokenReader(config.tokenFrom, this.#bearerErrors.invalidRequest)
    this.#rules = createRuleResolver(config)
  }

  /** The first check, before the body is read. */
  readonly onRequest: GuardHook = (request, reply, done) => {
    let rule: RouteRule
    try {
      rule = this.#rules(request)
    } catch (error) {
      return deny(request, reply, toRequestError(error), done)
    }
    if (rule.isPublic) return done()
    this.#authorize(request, reply, rule.requirement, rule.isOptional, done)
  }

  /** One strategy for an app's own `app.auth([...])`. It leaves the reply alone: another strategy may still let the request in. */
  createStrategy (requirement: Requirement): GuardHook {
    return (request, _reply, done) => this.#authorize(request, undefined, requirement, false, done)
  }

  /** The second check, after the body, as strategies for @fastify/auth. A token can expire during an upload. */
  get recheckStrategies (): GuardHook[] {
    const { active, unexpired, scopes, roles } = this.#checks
    const toStrategy = (check: AccessCheck): GuardHook => (request, reply, done) => {
      const context = (request as CheckedRequest)[ACCESS_CONTEXT]
      denyRecheck(request, reply, context && check(request, context), done)
    }
    const stillActive: GuardHook = (request, reply, done) => {
      const context = (request as CheckedRequest)[ACCESS_CONTEXT]
      if (context === undefined || !this.#introspector.isOutdated(context.token, context.verdict)) return toStrategy(active)(request, reply, done)
      this.#introspect(request, reply, context.token, context.requirement, (denial) => denyRecheck(request, reply, denial, done))
    }
    return [stillActive, toStrategy(unexpired), toStrategy(scopes), toStrategy(roles)]
  }

  /**
   * Creates no promise if the verdict is cached.
   *
   * @param reply gets the status and the headers of a denial; undefined for a strategy
   */
  #authorize (request: FastifyRequest, reply: FastifyReply | undefined, requirement: Requirement, optional: boolean, done: (error?: Error) => void): void {
    let denial: Error | undefined
    try {
      const token = this.#readToken(request)
      if (token === undefined) {
        denial = optional ? undefined : this.#bearerErrors.missingToken()
      } else {
        const verdict = this.#introspector.getCached(token, requirement.maxAge)
        // The grammar of a cached token was checked before its introspection.
        if (verdict === undefined && isB64Token(token)) return this.#introspect(request, reply, token, requirement, done)
        denial = verdict === undefined ? this.#bearerErrors.invalidRequest() : this.#runChecks(request, { token, verdict, requirement })
      }
    } catch (error) {
      denial = toRequestError(error)
    }
    deny(request, reply, denial, done)
  }

  #introspect (request: FastifyRequest, reply: FastifyReply | undefined, token: string, requirement: Requirement, done: (error?: Error) => void): void {
    const endHandling = handleUpgradeErrors(request)
    this.#introspector.getVerdict(token, requirement.maxAge)
      .finally(endHandling)
      .then((verdict) => this.#runChecks(request, { token, verdict, requirement }))
      .then((denial) => deny(request, reply, denial, done), (error) => deny(request, reply, toRequestError(error), done))
  }

  #runChecks (request: FastifyRequest, context: AccessContext): Error | undefined {
    const { active, unexpired, scopes, roles } = this.#checks
    const denial = active(request, context) ?? unexpired(request, context) ?? scopes(request, context) ?? roles(request, context)
    if (denial === undefined) (request as CheckedRequest)[ACCESS_CONTEXT] = context
    return denial
  }
}

/**
 * Sets the status and the headers at once, because a custom error handler may set neither.
 *
 * @param reply undefined for a strategy, which must not change it
 */
function deny (request: FastifyRequest, reply: FastifyReply | undefined, denial: Error | undefined, done: (error?: Error) => void): void {
  if (reply !== undefined && denial !== undefined) {
    handleUpgradeErrors(request)
    if (denial instanceof ZitadelError) reply.code(denial.statusCode).headers(denial.headers)
  }
  done(denial)
}

/** @fastify/auth sends 401 for every failure without a status, so a user's own error needs one as well. */
function denyRecheck (request: FastifyRequest, reply: FastifyReply, denial: (Error & { statusCode?: number }) | undefined, done: (error?: Error) => void): void {
  if (denial !== undefined) reply.code(denial.statusCode ?? 500)
  deny(request, reply, denial, done)
}
