import { channel, tracingChannel } from 'node:diagnostics_channel'
import type { DenialReason, ZitadelErrorCode } from './errors.ts'

/**
 * One introspection. Subscribers of all five channels of `tracing:fastify-zitadel:introspection` get the same object. They
 * can read it and not change it. Its members have values when they are known: at `asyncEnd` all of them.
 */
export interface IntrospectionMessage {
  /** The number of the registration of the plugin in this process, from 1. */
  readonly registration: number
  /** Whether the token is known: its last introspection granted it, and it has neither expired nor been forgotten since. */
  readonly wasActive: boolean
  /** Undefined until the introspection has ended. */
  readonly outcome: 'active' | 'inactive' | 'failed' | undefined
  /** The code of the failure; undefined without one. */
  readonly code: ZitadelErrorCode | undefined
  /** What the failure was, as in the log; undefined without one. It contains no token. Of a peer it contains at most an
   * `x-request-id` of a known form, an OAuth error code, and the reason of ZITADEL (`[ZITADEL says: ...]`). */
  readonly reason: string | undefined
  /** HTTP status of the last response; undefined without a response, and with the option `introspect`. */
  readonly status: number | undefined
  /** The number of requests that were sent: 0 if the circuit was open, more than 1 after a retry. */
  readonly requests: number
  /** Milliseconds until the first request was sent: the time in the queue and for the signature. Undefined if none was sent. */
  readonly wait: number | undefined
  /** Milliseconds from the start to the end, `wait` included. Undefined until the introspection has ended. */
  readonly duration: number | undefined
  /** The number of other requests of this process that waited for it. Undefined until the introspection has ended. */
  readonly joined: number | undefined
}

/** What the guard decided on a request. The channel is `fastify-zitadel:decision`. Requests of public routes have none. */
export interface DecisionMessage {
  /** The number of the registration of the plugin in this process, from 1. */
  readonly registration: number
  /** The pattern of the route, such as `/orders/:id`; undefined for a request that no route serves. */
  readonly route: string | undefined
  readonly method: string
  /** `'denied'` is the caller's failure (4xx), `'failed'` is ZITADEL's or this API's (5xx). */
  readonly outcome: 'allowed' | 'denied' | 'failed'
  /** Undefined if the request is allowed, and for an error that a function of this API threw. */
  readonly code: ZitadelErrorCode | undefined
  /** Why the caller was denied; undefined unless the outcome is `'denied'`. */
  readonly reason: DenialReason | undefined
  /** Where the verdict on the token came from; undefined without a verdict. */
  readonly source: DecisionSource | undefined
  /** Milliseconds since ZITADEL was asked about the token; undefined without a verdict. */
  readonly age: number | undefined
  /** The user. Undefined without the option `publishSub`, and for an inactive token. */
  readonly sub: string | undefined
}

/**
 * `'memory'`: the cache of this process. `'shared'`: the shared cache had the verdict, or has confirmed that a verdict in
 * memory was not forgotten. `'introspection'`: ZITADEL was asked, for this request or for another one with the same token.
 * `'stale'`: the verdict was used past its ttl (option `staleIfError`).
 */
export type DecisionSource = 'memory' | 'shared' | 'introspection' | 'stale'

/** ZITADEL gave no usable response, or the circuit has opened or closed. The channel is `fastify-zitadel:outage`. */
export interface OutageMessage {
  /** The number of the registration of the plugin in this process, from 1. */
  readonly registration: number
  readonly state: 'failed' | 'opened' | 'closed'
  /** What the failure was, as in the log; undefined unless the state is `'failed'`. */
  readonly reason: string | undefined
}

/** Verdicts of this process were dropped before their ttl ended, or must be confirmed. The channel is `fastify-zitadel:forget`. */
export interface ForgetMessage {
  /** The number of the registration of the plugin in this process, from 1. */
  readonly registration: number
  /**
   * `'forget'`: the tokens are unknown afterwards. `'doubt'`: ZITADEL is asked about them again, and they keep their share in
   * the limits. `'gap'`: messages of other processes may be lost, so each verdict is checked against the shared cache first. It is
   * published when that begins, and when messages arrive again.
   */
  readonly kind: 'forget' | 'doubt' | 'gap'
  /** `'call'`: `app.zitadel.forget()`. `'process'`: another process, through the shared cache. `'event'`: a webhook of ZITADEL. `'logout'`: a logout token of ZITADEL. */
  readonly source: 'call' | 'process' | 'event' | 'logout'
  readonly target: 'all' | 'sub' | 'session' | 'jti' | 'token'
  /** The number of verdicts in the cache of this process that it applies to. */
  readonly verdicts: number
  /** The user. Undefined without the option `publishSub`, and unless the target is `'sub'`. */
  readonly sub: string | undefined
}

/** A webhook of ZITADEL arrived at the route of the option `events`. The channel is `fastify-zitadel:event`. */
export interface EventMessage {
  /** The number of the registration of the plugin in this process, from 1. */
  readonly registration: number
  /** `'applied'`: verdicts are doubtful now. `'ignored'`: the event changes no decision. `'rejected'`: it was not accepted. */
  readonly outcome: 'applied' | 'ignored' | 'rejected'
  /** Why it was rejected; undefined otherwise. */
  readonly reason: EventRejection | undefined
  /** What is doubtful: all tokens, those of a user, those of a session, or one; undefined unless the outcome is `'applied'`. */
  readonly target: 'all' | 'sub' | 'session' | 'jti' | undefined
  /** Events of the same role assignment that were not delivered before this one. */
  readonly missed: number
}

/** Why a webhook is rejected. */
export type EventRejection = 'signature' | 'malformed' | 'other-instance' | 'replay'

/** A logout token arrived at the route of the option `backChannelLogout`. The channel is `fastify-zitadel:logout`. */
export interface LogoutMessage {
  /** The number of the registration of the plugin in this process, from 1. */
  readonly registration: number
  /** `'applied'`: verdicts are doubtful now. `'rejected'`: it was not accepted. */
  readonly outcome: 'applied' | 'rejected'
  /** Why it was rejected; undefined otherwise. */
  readonly reason: LogoutRejection | undefined
}

/** Why a logout token is rejected. `'keys'`: the public keys of the issuer could not be fetched. */
export type LogoutRejection = 'malformed' | 'signature' | 'issuer' | 'audience' | 'time' | 'claims' | 'replay' | 'keys'

/** A change of this API's credentials, or ZITADEL's rejection of them. The channel is `fastify-zitadel:credentials`. */
export interface CredentialsMessage {
  /** The number of the registration of the plugin in this process, from 1. */
  readonly registration: number
  /** `'replaced'`: new credentials are in use. `'kept'`: new ones were not accepted. `'rejected'`: ZITADEL does not accept those in use. */
  readonly state: 'replaced' | 'kept' | 'rejected'
  /** The code of the failure; undefined if the state is `'replaced'`. */
  readonly code: ZitadelErrorCode | undefined
  /** What the failure was, as in the log; undefined if the state is `'replaced'`. */
  readonly reason: string | undefined
}

// Versions of @types/node have the two parameters in different orders.
export const INTROSPECTION = tracingChannel<IntrospectionMessage, IntrospectionMessage>('fastify-zitadel:introspection')
/** A request whose token is cached pays for `hasSubscribers`, and for nothing else of this file. */
export const DECISION = channel('fastify-zitadel:decision')
export const FORGET = channel('fastify-zitadel:forget')
export const EVENT = channel('fastify-zitadel:event')
export const LOGOUT = channel('fastify-zitadel:logout')
export const OUTAGE = channel('fastify-zitadel:outage')
export const CREDENTIALS = channel('fastify-zitadel:credentials')
