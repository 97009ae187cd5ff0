import type { FastifyRequest } from 'fastify'
import type { Introspector } from '../../verdicts/introspector.ts'
import type { Verdict } from '../../verdicts/verdict.ts'
import type { ActiveToken } from '../../zitadel/active-token.ts'
import type { Requirement } from '../rules/requirement.ts'

/** Why a request was allowed: the token, the verdict on it, and the requirement that both met. */
export interface AccessContext {
  readonly token: string
  readonly verdict: Verdict
  /** What gave the verdict. A route can use a strategy of another registration, whose verdicts differ. */
  readonly introspector: Introspector
  readonly requirement: Requirement
  /** Monotonic milliseconds: when its token, and those of the requirements before, were checked for their expiry. */
  readonly checkedAt: number
  /** The requirement that allowed the request before, if there are several: `app.zitadel.require()` beside a route's config. */
  readonly previous: AccessContext | undefined
  /** Whether the call that allowed the request by it has not returned. No time has passed since. */
  isPassing: boolean
}

/** The key of the context in a request. The plugin decorates requests with it, so that setting it does not change their shape. */
export const ACCESS_CONTEXT = Symbol('fastify-zitadel.access')
type CheckedRequest = FastifyRequest & { [ACCESS_CONTEXT]?: AccessContext }

/** Undefined if no token was checked. */
export function getAccessContext (request: FastifyRequest): AccessContext | undefined {
  return (request as CheckedRequest)[ACCESS_CONTEXT]
}

export function setAccessContext (request: FastifyRequest, context: AccessContext): void {
  (request as CheckedRequest)[ACCESS_CONTEXT] = context
}

/** Lists the contexts of all requirements that allowed the request, the latest first. */
export function listContexts (context: AccessContext): AccessContext[] {
  return [context, ...context.previous === undefined ? [] : listContexts(context.previous)]
}

/** The same with another verdict of an introspector on a token. */
export function replaceVerdict (context: AccessContext, introspector: unknown, token: string, verdict: Verdict): AccessContext {
  const previous = context.previous && replaceVerdict(context.previous, introspector, token, verdict)
  const isSame = context.token === token && context.introspector === introspector
  return { ...context, previous, verdict: isSame ? verdict : context.verdict, isPassing: false }
}

/** The token of a request; null if no token was checked. */
export function getActiveToken (request: FastifyRequest): ActiveToken | null {
  return getAccessContext(request)?.verdict.granted?.token ?? null
}

/** A strategy may run twice for a request: a requirement is kept once, so that the chain stays short. */
export function omitRequirement (context: AccessContext | undefined, requirement: Requirement): AccessContext | undefined {
  if (context === undefined) return undefined
  const previous = omitRequirement(context.previous, requirement)
  if (context.requirement === requirement) return previous
  return previous === context.previous ? context : { ...context, previous, isPassing: false }
}
