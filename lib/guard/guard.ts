import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Config } from '../options/config.ts'
import { misconfigured } from '../errors.ts'
import type { Introspector } from '../verdicts/introspector.ts'
import { isBearerToken } from '../oauth/bearer.ts'
import type { ActiveToken } from '../zitadel/active-token.ts'
import { checks, type Check, type Checks, type Use } from './access-checks.ts'
import { refusals, type Refusals } from './bearer-errors.ts'
import type { Requirement } from './requirement.ts'
import { ruleOf, type Rule, type Rules } from './route-rules.ts'
import { tokenSource, type TokenSource } from './token-reader.ts'

/** A Fastify hook, and a strategy of @fastify/auth: an error refuses. */
export type Hook = (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => void

const USE = Symbol('fastify-zitadel.use')
type UsedRequest = FastifyRequest & { [USE]?: Use }

/** The token that a request was let in with; null where none was looked at. */
export function tokenOf (request: FastifyRequest): ActiveToken | null {
  return (request as UsedRequest)[USE]?.verdict.granted?.token ?? null
}

/** From a verdict to a decision, in Fastify. */
export class Guard {
  readonly #introspector: Introspector
  readonly #refusals: Refusals
  readonly #checks: Checks
  readonly #tokenOf: TokenSource
  readonly #rules: Rules

  /** @param now milliseconds since 1970 */
  constructor (config: Config, introspector: Introspector, now: () => number) {
    this.#introspector = introspector
    this.#refusals = refusals(config.realm)
    this.#checks = checks(this.#refusals, now)
    this.#tokenOf = tokenSource(config.tokenFrom, this.#refusals.invalidRequest)
    this.#rules = ruleOf(config)
  }

  /** The first look, before anything of the body is read. */
  readonly onRequest: Hook = (request, _reply, done) => {
    let rule: Rule
    try {
      rule = this.#rules(request)
    } catch (error) {
      return done(misconfigured(error))
    }
    if (rule.open) return done()
    this.#admit(request, rule.requirement, rule.optional, done)
  }

  /** All that is asked of a token in one strategy, for an app's own `app.auth([...])`. */
  strategy (requirement: Requirement): Hook {
    return (request, _reply, done) => this.#admit(request, requirement, false, done)
  }

  /** The second look, in steps for @fastify/auth: an upload can outlive the token that it was started with. */
  get strategies (): Hook[] {
    const { active, exp, scopes, roles } = this.#checks
    const again = (check: Check): Hook => (request, reply, done) => {
      const use = (request as UsedRequest)[USE]
      refuse(reply, use && check(request, use), done)
    }
    const stillActive: Hook = (request, reply, done) => {
      const use = (request as UsedRequest)[USE]
      if (use === undefined || !this.#introspector.isInDoubt(use.token, use.verdict)) return again(active)(request, reply, done)
      this.#ask(request, use.token, use.requirement, (refusal) => refuse(reply, refusal, done))
    }
    return [stillActive, again(exp), again(scopes), again(roles)]
  }

  /** Without a promise where the verdict is remembered. */
  #admit (request: FastifyRequest, requirement: Requirement, optional: boolean, done: (error?: Error) => void): void {
    let refusal: Error | undefined
    try {
      const token = this.#tokenOf(request)
      if (token === undefined) {
        refusal = optional ? undefined : this.#refusals.noToken()
      } else {
        const verdict = this.#introspector.recall(token, requirement.maxAge)
        // Only what is not remembered need be looked at: what is, was a token when it was asked for.
        if (verdict === undefined && isBearerToken(token)) return this.#ask(request, token, requirement, done)
        refusal = verdict === undefined ? this.#refusals.invalidRequest() : this.#decide(request, { token, verdict, requirement })
      }
    } catch (error) {
      refusal = misconfigured(error)
    }
    done(refusal)
  }

  #ask (request: FastifyRequest, token: string, requirement: Requirement, done: (error?: Error) => void): void {
    this.#introspector.verdict(token, requirement.maxAge)
      .then((verdict) => this.#decide(request, { token, verdict, requirement }))
      .then(done, (error) => done(misconfigured(error)))
  }

  #decide (request: FastifyRequest, use: Use): Error | undefined {
    const { active, exp, scopes, roles } = this.#checks
    const refusal = active(request, use) ?? exp(request, use) ?? scopes(request, use) ?? roles(request, use)
    if (refusal === undefined) (request as UsedRequest)[USE] = use
    return refusal
  }
}

/** @fastify/auth answers 401 to every failure that has no code yet, and a custom error handler may set none. */
function refuse (reply: FastifyReply, refusal: (Error & { statusCode?: number }) | undefined, done: (error?: Error) => void): void {
  if (refusal !== undefined) reply.code(refusal.statusCode ?? 500)
  done(refusal)
}
