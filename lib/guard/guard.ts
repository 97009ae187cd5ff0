import type { FastifyReply, FastifyRequest } from 'fastify'
import { DECISION } from '../channels.ts'
import type { Clock } from '../clock.ts'
import type { Config } from '../options/config.ts'
import { createOptionError } from '../errors.ts'
import { toRequestError } from './denials/request-error.ts'
import type { Introspector } from '../verdicts/introspector.ts'
import type { Verdict } from '../verdicts/verdict.ts'
import { isB64Token } from '../oauth/bearer.ts'
import { createAccessChecks, type AccessChecks, type CreateToolChecks, type ToolChecks } from './checks/access-checks.ts'
import { getAccessContext, setAccessContext, omitRequirement } from './checks/access-context.ts'
import { createBearerErrorsFinder, type BearerErrorsFinder } from './denials/bearer-errors.ts'
import { addPendingCheck, getCheckState } from './checks/check-state.ts'
import type { PublishDecision } from './decision.ts'
import { createContextCheck, type ContextCheck } from './checks/context-check.ts'
import { endCheck, endStrategyCheck, failRequest, type EndCheck, type GuardHook } from './denials/denial.ts'
import { isHandlingError } from './denials/error-hooks.ts'
import { holdRequest } from './denials/request-hold.ts'
import { createSecondCheck } from './second-check.ts'
import { markStrategy } from './startup/strategy-hooks.ts'
import { createResourceFinder } from './checks/resource-finder.ts'
import type { Requirement } from './rules/requirement.ts'
import type { RouteRule } from './rules/route-rules.ts'
import { createRuleResolver, type RuleResolver } from './rules/rule-resolver.ts'
import { handleUpgradeErrors } from './denials/upgrade.ts'
import { createTokenReader, type TokenReader } from './token-reader.ts'

/** Decides whether a request is allowed, by the verdict on its token and the rule of its route. */
export class Guard {
  readonly #introspector: Introspector
  readonly #clock: Clock
  readonly #findErrors: BearerErrorsFinder
  readonly #checks: AccessChecks
  readonly #toolChecks: ToolChecks
  readonly #readToken: TokenReader
  readonly #rules: RuleResolver
  /** The second check, after the body. */
  readonly secondCheck: GuardHook
  /** Checks a request that was allowed before, with later verdicts. Its result changes nothing on the reply. */
  readonly checkContext: ContextCheck
  readonly #publishDecision: PublishDecision

  constructor (config: Config, introspector: Introspector, clock: Clock, publishDecision: PublishDecision, createToolChecks: CreateToolChecks) {
    this.#publishDecision = publishDecision
    this.#introspector = introspector
    this.#clock = clock
    const findResource = createResourceFinder(config.resources)
    this.#findErrors = createBearerErrorsFinder(config.realm, config.resources, findResource)
    this.#checks = createAccessChecks(this.#findErrors, findResource, config.issuer, introspector, clock.wall)
    this.#readToken = createTokenReader(config.tokenFrom, (request) => this.#findErrors(request).severalTokens())
    this.#rules = createRuleResolver(config)
    this.#toolChecks = createToolChecks(this.#checks, this.#findErrors)
    this.checkContext = createContextCheck(this.#checks, this.#toolChecks.late)
    const secondCheck = createSecondCheck(this.#checks, this.#toolChecks.late, clock.monotonic)
    this.secondCheck = (request, reply, done) => {
      const state = getCheckState(request)
      if (state !== undefined && holdRequest(state, request, reply, done, () => this.secondCheck(request, reply, done))) return
      // A route that needs no token can pass a request to the not-found handler, by reply.callNotFound(), and an error handler one that was denied.
      if (request.is404 && (state?.hasFailed === true || getAccessContext(request) === undefined)) return this.onRequest(request, reply, done)
      if (!DECISION.hasSubscribers) return secondCheck(request, reply, done)
      const checked = getAccessContext(request)?.verdict
      secondCheck(request, reply, (denial) => {
        const verdict = getAccessContext(request)?.verdict
        if (denial !== undefined) publishDecision(request, denial, verdict, verdict === checked)
        done(denial)
      })
    }
  }

  /** The first check, before the body is read. */
  readonly onRequest: GuardHook = (request, reply, done) => {
    let rule: RouteRule
    try {
      rule = this.#rules(request)
    } catch (error) {
      return this.#decide(request, reply, toRequestError(error), undefined, false, endCheck, done)
    }
    if (rule.isPublic) return done()
    this.#authorize(request, reply, rule.requirement, rule.isOptional, endCheck, done)
  }

  /** One strategy for an app's own `app.auth([...])`. It does not change the reply: another strategy may still allow the request. */
  createStrategy (requirement: Requirement): GuardHook {
    // Fastify passes the payload before the callback to a hook of preParsing.
    return markStrategy((request: FastifyRequest, reply: FastifyReply, payloadOrDone: unknown, done = payloadOrDone as Parameters<GuardHook>[2]) => {
      // An asynchronous hook that calls a strategy without a callback, and awaits nothing, would let every request in.
      if (typeof done !== 'function') throw toRequestError(createOptionError('zitadel.require(): a strategy must be called with (request, reply, done), because it calls back and returns no promise'))
      this.#authorize(request, reply, requirement, false, endStrategyCheck, done)
    })
  }

  /** Creates no promise if the verdict is cached. */
  #authorize (request: FastifyRequest, reply: FastifyReply, requirement: Requirement, optional: boolean, end: EndCheck, done: (error?: Error) => void): void {
    let denial: Error | undefined
    let verdict: Verdict | undefined
    try {
      const token = this.#readToken(request)
      if (token === undefined) {
        denial = optional ? undefined : this.#findErrors(request).missingToken(request.headers.authorization === undefined ? 'token_missing' : 'scheme_not_bearer')
      } else {
        const wall = this.#clock.wall()
        const now = this.#clock.monotonic(wall)
        verdict = this.#introspector.getCached(token, requirement.maxAge, now)
        // The grammar of a cached token was checked before its introspection.
        if (verdict === undefined && isB64Token(token)) return this.#introspect(request, reply, token, requirement, end, done)
        denial = verdict === undefined ? this.#findErrors(request).malformedToken() : this.#runChecks(request, token, verdict, requirement, wall, now)
      }
    } catch (error) {
      denial = toRequestError(error)
    }
    this.#decide(request, reply, denial, verdict, true, end, done)
  }

  #introspect (request: FastifyRequest, reply: FastifyReply, token: string, requirement: Requirement, end: EndCheck, done: (error?: Error) => void): void {
    let verdict: Verdict | undefined
    const endHandling = handleUpgradeErrors(request)
    const check = this.#introspector.getVerdict(token, requirement.maxAge)
      .finally(endHandling)
      .then((found) => {
        verdict = found
        const wall = this.#clock.wall()
        return this.#runChecks(request, token, found, requirement, wall, this.#clock.monotonic(wall))
      })
      .catch(toRequestError)
    const removeCheck = addPendingCheck(request, check)
    check.then((denial) => {
      removeCheck()
      if (!isHandlingError(reply)) this.#decide(request, reply, denial, verdict, false, end, done)
    }).catch((error: unknown) => { failRequest(request, reply, error) })
  }

  #decide (request: FastifyRequest, reply: FastifyReply, denial: Error | undefined, verdict: Verdict | undefined, isCached: boolean, end: EndCheck, done: (error?: Error) => void): void {
    if (DECISION.hasSubscribers) this.#publishDecision(request, denial, verdict, isCached)
    // Without a verdict, nothing was checked now: a token is optional, and an earlier strategy may have checked one.
    const context = denial === undefined && verdict !== undefined ? getAccessContext(request) : undefined
    if (context === undefined) return end(request, reply, denial, done)
    context.isPassing = true
    try {
      end(request, reply, denial, done)
    } finally {
      context.isPassing = false
    }
  }

  #runChecks (request: FastifyRequest, token: string, verdict: Verdict, requirement: Requirement, wall: number, now: number): Error | undefined {
    const { active, unexpired, scopes, roles } = this.#checks
    const earlier = getAccessContext(request)
    const previous = earlier === undefined ? undefined : omitRequirement(earlier, requirement)
    const context = { token, verdict, introspector: this.#introspector, requirement, checkedAt: previous === undefined ? now : previous.checkedAt, previous, isPassing: false }
    const denial = active(request, context) ?? unexpired(request, context, wall) ?? scopes(request, context) ?? roles(request, context) ??
      (requirement.tools === undefined ? undefined : this.#toolChecks.early(request, context))
    if (denial !== undefined) return denial
    // Writing to memory that other requests use costs more than reading it.
    if (typeof requirement.organization !== 'function' && verdict.metRequirement !== requirement) verdict.metRequirement = requirement
    setAccessContext(request, context)
    return undefined
  }
}
