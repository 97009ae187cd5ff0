import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Config } from '../options/config.ts'
import { toRequestError } from '../errors.ts'
import type { Introspector } from '../verdicts/introspector.ts'
import { isB64Token } from '../oauth/bearer.ts'
import type { ActiveToken } from '../zitadel/active-token.ts'
import { createAccessChecks, type AccessCheck, type AccessChecks, type AccessContext } from './access-checks.ts'
import { createBearerErrors, type BearerErrors } from './bearer-errors.ts'
import type { Requirement } from './requirement.ts'
import { createRuleResolver, type RouteRule, type RuleResolver } from './route-rules.ts'
import { createTokenReader, type TokenReader } from './token-reader.ts'

/** A Fastify hook, and a strategy of @fastify/auth: an error refuses the request. */
export type GuardHook = (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => void

const ACCESS_CONTEXT = Symbol('fastify-zitadel.use')
type CheckedRequest = FastifyRequest & { [ACCESS_CONTEXT]?: AccessContext }

/** The token that a request was let in with; null where none was looked at. */
export function getActiveToken (request: FastifyRequest): ActiveToken | null {
  return (request as CheckedRequest)[ACCESS_CONTEXT]?.verdict.granted?.token ?? null
}

/** From a verdict to a decision, in Fastify. */
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

  /** The first look, before anything of the body is read. */
  readonly onRequest: GuardHook = (request, _reply, done) => {
    let rule: RouteRule
    try {
      rule = this.#rules(request)
    } catch (error) {
      return done(toRequestError(error))
    }
    if (rule.isPublic) return done()
    this.#authorize(request, rule.requirement, rule.isOptional, done)
  }

  /** All that is asked of a token in one strategy, for an app's own `app.auth([...])`. */
  createStrategy (requirement: Requirement): GuardHook {
    return (request, _reply, done) => this.#authorize(request, requirement, false, done)
  }

  /** The second look, in steps for @fastify/auth: an upload can outlive the token that it was started with. */
  get recheckStrategies (): GuardHook[] {
    const { active, unexpired, scopes, roles } = this.#checks
    const toStrategy = (check: AccessCheck): GuardHook => (request, reply, done) => {
      const context = (request as CheckedRequest)[ACCESS_CONTEXT]
      deny(reply, context && check(request, context), done)
    }
    const stillActive: GuardHook = (request, reply, done) => {
      const context = (request as CheckedRequest)[ACCESS_CONTEXT]
      if (context === undefined || !this.#introspector.isOutdated(context.token, context.verdict)) return toStrategy(active)(request, reply, done)
      this.#introspect(request, context.token, context.requirement, (denial) => deny(reply, denial, done))
    }
    return [stillActive, toStrategy(unexpired), toStrategy(scopes), toStrategy(roles)]
  }

  /** Without a promise where the verdict is remembered. */
  #authorize (request: FastifyRequest, requirement: Requirement, optional: boolean, done: (error?: Error) => void): void {
    let denial: Error | undefined
    try {
      const token = this.#readToken(request)
      if (token === undefined) {
        denial = optional ? undefined : this.#bearerErrors.missingToken()
      } else {
        const verdict = this.#introspector.getCached(token, requirement.maxAge)
        // Only what is not remembered need be looked at: what is, was a token when it was asked for.
        if (verdict === undefined && isB64Token(token)) return this.#introspect(request, token, requirement, done)
        denial = verdict === undefined ? this.#bearerErrors.invalidRequest() : this.#runChecks(request, { token, verdict, requirement })
      }
    } catch (error) {
      denial = toRequestError(error)
    }
    done(denial)
  }

  #introspect (request: FastifyRequest, token: string, requirement: Requirement, done: (error?: Error) => void): void {
    this.#introspector.getVerdict(token, requirement.maxAge)
      .then((verdict) => this.#runChecks(request, { token, verdict, requirement }))
      .then(done, (error) => done(toRequestError(error)))
  }

  #runChecks (request: FastifyRequest, context: AccessContext): Error | undefined {
    const { active, unexpired, scopes, roles } = this.#checks
    const denial = active(request, context) ?? unexpired(request, context) ?? scopes(request, context) ?? roles(request, context)
    if (denial === undefined) (request as CheckedRequest)[ACCESS_CONTEXT] = context
    return denial
  }
}

/** @fastify/auth answers 401 to every failure that has no code yet, and a custom error handler may set none. */
function deny (reply: FastifyReply, denial: (Error & { statusCode?: number }) | undefined, done: (error?: Error) => void): void {
  if (denial !== undefined) reply.code(denial.statusCode ?? 500)
  done(denial)
}
