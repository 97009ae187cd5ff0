import type { Attributes } from '@opentelemetry/api'
import type { DecisionMessage, EventMessage, ForgetMessage, IntrospectionMessage, LogoutMessage } from '../channels.ts'

/** The value of `error.type` for a status that is not registered. */
const OTHER_ERROR = '_OTHER'

/**
 * The attributes of a decision. The values are our own words, and patterns of routes: a caller cannot add to them.
 *
 * @see {@link https://opentelemetry.io/docs/specs/semconv/general/naming/ Naming}
 */
export function getDecisionAttributes ({ route, outcome, code, reason, source }: DecisionMessage): Attributes {
  return {
    'fastify_zitadel.outcome': outcome,
    ...(code !== undefined && { 'fastify_zitadel.code': code }),
    ...(reason !== undefined && { 'fastify_zitadel.reason': reason }),
    ...(source !== undefined && { 'fastify_zitadel.source': source }),
    ...(route !== undefined && { 'http.route': route }),
    ...(outcome === 'failed' && { 'error.type': code })
  }
}

/** The attributes of an introspection that has ended. A failure has the status of the response as `error.type`, or a code. */
export function getIntrospectionAttributes ({ outcome, code, status }: IntrospectionMessage): Attributes {
  return {
    'fastify_zitadel.outcome': outcome!,
    ...(outcome === 'failed' && { 'error.type': getErrorType(status) ?? code! })
  }
}

/** The attributes of a change of the circuit or of the credentials. */
export function getStateAttributes (state: string): Attributes {
  return { 'fastify_zitadel.state': state }
}

export function getForgetAttributes ({ kind, source, target }: Pick<ForgetMessage, 'kind' | 'source' | 'target'>): Attributes {
  return { 'fastify_zitadel.kind': kind, 'fastify_zitadel.source': source, 'fastify_zitadel.target': target }
}

export function getEventAttributes ({ outcome, reason, target }: Pick<EventMessage, 'outcome'> & Partial<EventMessage>): Attributes {
  return {
    'fastify_zitadel.outcome': outcome,
    ...(reason !== undefined && { 'fastify_zitadel.reason': reason }),
    ...(target !== undefined && { 'fastify_zitadel.target': target })
  }
}

export function getLogoutAttributes ({ outcome, reason }: Pick<LogoutMessage, 'outcome'> & Partial<LogoutMessage>): Attributes {
  return {
    'fastify_zitadel.outcome': outcome,
    ...(reason !== undefined && { 'fastify_zitadel.reason': reason })
  }
}

/** A peer chooses the status of its responses, so only registered ones are distinguished. */
function getErrorType (status: number | undefined): string | undefined {
  if (status === undefined) return undefined
  return STATUSES.has(status) ? String(status) : OTHER_ERROR
}

const STATUSES = new Set([200, 301, 302, 307, 308, 400, 401, 403, 404, 405, 408, 413, 429, 500, 501, 502, 503, 504])
