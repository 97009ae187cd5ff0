import { channel, tracingChannel } from 'node:diagnostics_channel'
import type { ZitadelError, ZitadelErrorCode } from './errors.ts'

/**
 * One introspection. Subscribers of all five channels of `tracing:fastify-zitadel:introspection` get the same object. They
 * can read it and not change it. Its members have values when they are known: at `asyncEnd` all of them.
 */
export interface IntrospectionMessage {
  /** The number of the registration of the plugin in this process, from 1. */
  readonly registration: number
  /** Whether the token was active a moment ago. */
  readonly wasActive: boolean
  /** Undefined until the introspection has ended. */
  readonly outcome: 'active' | 'inactive' | 'failed' | undefined
  /** The code of the failure; undefined without one. */
  readonly code: ZitadelErrorCode | undefined
  /** What the failure was, as in the log; undefined without one. Free of tokens and of anything that a peer wrote. */
  readonly reason: string | undefined
  /** HTTP status of the last response; undefined without a response, and with the option `introspect`. */
  readonly status: number | undefined
  /** The number of requests that were sent: 0 if the circuit was open, more than 1 after a retry. */
  readonly requests: number
  /** Milliseconds until the first request was sent: the time in the queue and for the signature. Undefined if none was sent. */
  readonly wait: number | undefined
  /** Milliseconds from the start to the end, `wait` included. Undefined until the introspection has ended. */
  readonly duration: number | undefined
}

/** What the guard decided on a request. The channel is `fastify-zitadel:decision`. Requests of public routes have none. */
export interface DecisionMessage {
  readonly registration: number
  /** The pattern of the route, such as `/orders/:id`; undefined for a request that no route serves. */
  readonly route: string | undefined
  readonly method: string
  /** `'denied'` is the caller's failure (4xx), `'failed'` is ZITADEL's or this API's (5xx). */
  readonly outcome: 'allowed' | 'denied' | 'failed'
  /** Undefined if the request is allowed, and for an error that a function of this API threw. */
  readonly code: ZitadelErrorCode | undefined
  /** Where the verdict on the token came from; undefined without a verdict. */
  readonly source: DecisionSource | undefined
  /** Milliseconds since ZITADEL was asked about the token; undefined without a verdict. */
  readonly age: number | undefined
}

/**
 * `'memory'`: the cache of this process. `'introspection'`: ZITADEL was asked, for this request or for another one with the
 * same token. `'stale'`: the verdict was used past its ttl (option `staleIfError`).
 */
export type DecisionSource = 'memory' | 'introspection' | 'stale'

/** ZITADEL gave no usable response, or the circuit has opened or closed. The channel is `fastify-zitadel:outage`. */
export interface OutageMessage {
  readonly registration: number
  readonly state: 'failed' | 'opened' | 'closed'
  /** What the failure was, as in the log; undefined unless the state is `'failed'`. */
  readonly reason: string | undefined
}

/** A change of this API's credentials, or ZITADEL's rejection of them. The channel is `fastify-zitadel:credentials`. */
export interface CredentialsMessage {
  readonly registration: number
  /** `'replaced'`: new credentials are in use. `'kept'`: new ones were not accepted. `'rejected'`: ZITADEL does not accept those in use. */
  readonly state: 'replaced' | 'kept' | 'rejected'
  /** The code of the failure; undefined if the state is `'replaced'`. */
  readonly code: ZitadelErrorCode | undefined
  /** What the failure was, as in the log; undefined if the state is `'replaced'`. */
  readonly reason: string | undefined
}

const INTROSPECTION = tracingChannel<unknown, IntrospectionMessage>('fastify-zitadel:introspection')
/** A request whose token is cached pays for `hasSubscribers`, and for nothing else of this file. */
export const DECISION = channel('fastify-zitadel:decision')
const OUTAGE = channel('fastify-zitadel:outage')
const CREDENTIALS = channel('fastify-zitadel:credentials')

/** Runs an introspection, for example inside a span. It must return what `run` returns. */
export type IntrospectionWrapper = <T>(message: IntrospectionMessage, run: () => Promise<T>) => Promise<T>

let registrations = 0

/** What one registration of the plugin publishes. Nothing is created for a channel without subscribers. */
export class Registration {
  readonly id = ++registrations
  /** Called around each introspection. A subscriber cannot do this: the context of OpenTelemetry is no store of a channel. */
  wrapper: IntrospectionWrapper | undefined

  /** Whether anything observes introspections. */
  get isTraced (): boolean {
    return this.wrapper !== undefined || INTROSPECTION.hasSubscribers
  }

  /** Runs an introspection and publishes its steps, as `TracingChannel.tracePromise` does, but without its result. */
  async trace<T> (message: IntrospectionMessage, run: () => Promise<T>): Promise<T> {
    const { start, end, asyncStart, asyncEnd, error } = INTROSPECTION
    const publish = async (): Promise<T> => {
      const result = start.runStores(message, run)
      end.publish(message)
      try {
        return await result
      } catch (failure) {
        error.publish(message)
        throw failure
      } finally {
        asyncStart.publish(message)
        asyncEnd.publish(message)
      }
    }
    return await (this.wrapper === undefined ? publish() : this.wrapper(message, publish))
  }

  /** Publishes a failed introspection: an outage of ZITADEL, or its rejection of this API. */
  publishFailure ({ code, cause }: ZitadelError): void {
    const reason = (cause as Error).message
    if (code === 'FST_ZITADEL_CLIENT_REJECTED') this.publishCredentials('rejected', code, reason)
    else this.#publishOutage('failed', reason)
  }

  /** Publishes that the circuit has opened or closed. */
  publishCircuit (isOpen: boolean): void {
    this.#publishOutage(isOpen ? 'opened' : 'closed')
  }

  publishCredentials (state: CredentialsMessage['state'], code?: ZitadelErrorCode, reason?: string): void {
    if (CREDENTIALS.hasSubscribers) CREDENTIALS.publish(Object.freeze({ registration: this.id, state, code, reason } satisfies CredentialsMessage))
  }

  #publishOutage (state: OutageMessage['state'], reason?: string): void {
    if (OUTAGE.hasSubscribers) OUTAGE.publish(Object.freeze({ registration: this.id, state, reason } satisfies OutageMessage))
  }
}
