import {
  CREDENTIALS, EVENT, FORGET, INTROSPECTION, LOGOUT, OUTAGE,
  type CredentialsMessage, type EventMessage, type ForgetMessage, type IntrospectionMessage, type LogoutMessage, type OutageMessage
} from './channels.ts'
import type { ZitadelError, ZitadelErrorCode } from './errors.ts'

/** Runs an introspection, for example inside a span. It must return what `run` returns. */
export type IntrospectionWrapper = <T>(message: IntrospectionMessage, run: () => Promise<T>) => Promise<T>

/** The streams of one route: the calls of `app.zitadel.onEnd()`. */
export interface StreamCount {
  /** The pattern of the route; undefined for a request that no route serves. */
  readonly route: string | undefined
  readonly open: number
  /** The number of streams that ended because of their token, by reason. */
  readonly ended: Readonly<Record<string, number>>
}

/** The state of a registration at the moment when it is read. A member is undefined where there is no such thing. */
export interface RegistrationState {
  /** Introspections that wait in the queue. */
  readonly queued: number
  /** False from the moment when the circuit opens until a probe has succeeded. */
  readonly isCircuitClosed?: boolean | undefined
  readonly activeVerdicts: number
  readonly inactiveVerdicts: number
  /** Estimated bytes of the active verdicts that are kept. */
  readonly activeBytes: number
  readonly inactiveBytes: number
  /** Whether the shared cache responds, and delivers what other processes forget. */
  readonly isSharedCacheHealthy: boolean | undefined
  /** What this process has forgotten and the shared cache has not accepted yet. */
  readonly pendingForgets: number | undefined
  /** Milliseconds until the key of this API expires; undefined if that is not known. */
  readonly credentialsExpireIn?: number | undefined
  /** Milliseconds since the last valid webhook of the option `events`, or since the start. */
  readonly eventSilence: number | undefined
  /** Whether the option `backChannelLogout` is set. */
  readonly receivesLogouts: boolean
  /** One for each route that has had a stream. */
  readonly streams: Iterable<StreamCount>
}

let registrations = 0
const registrationsByDecorator = new WeakMap<object, Registration>()

/** The registration that has decorated an instance with this `app.zitadel`. */
export function getRegistration (zitadel: object): Registration | undefined {
  return registrationsByDecorator.get(zitadel)
}

/** What one registration of the plugin publishes. Nothing is created for a channel without subscribers. */
export class Registration {
  readonly id = ++registrations
  /** Called around each introspection. A subscriber cannot do this: the context of OpenTelemetry is no store of a channel. */
  wrapper: IntrospectionWrapper | undefined
  /** Called when the server closes. */
  onClose: (() => void) | undefined
  #readState: (() => RegistrationState) | undefined

  /** Makes the registration known by its `app.zitadel`. */
  complete (zitadel: object, readState: () => RegistrationState): void {
    registrationsByDecorator.set(zitadel, this)
    this.#readState = readState
  }

  readState (): RegistrationState {
    return this.#readState!()
  }

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
      return await result.catch((failure: unknown) => {
        error.publish(message)
        throw failure
      }).finally(() => {
        asyncStart.publish(message)
        asyncEnd.publish(message)
      })
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

  publishForget (message: Omit<ForgetMessage, 'registration'>): void {
    if (FORGET.hasSubscribers) FORGET.publish(Object.freeze({ registration: this.id, ...message } satisfies ForgetMessage))
  }

  publishEvent (message: Omit<EventMessage, 'registration'>): void {
    if (EVENT.hasSubscribers) EVENT.publish(Object.freeze({ registration: this.id, ...message } satisfies EventMessage))
  }

  publishLogout (outcome: LogoutMessage['outcome'], reason: LogoutMessage['reason']): void {
    if (LOGOUT.hasSubscribers) LOGOUT.publish(Object.freeze({ registration: this.id, outcome, reason } satisfies LogoutMessage))
  }

  publishCredentials (state: CredentialsMessage['state'], code?: ZitadelErrorCode, reason?: string): void {
    if (CREDENTIALS.hasSubscribers) CREDENTIALS.publish(Object.freeze({ registration: this.id, state, code, reason } satisfies CredentialsMessage))
  }

  #publishOutage (state: OutageMessage['state'], reason?: string): void {
    if (OUTAGE.hasSubscribers) OUTAGE.publish(Object.freeze({ registration: this.id, state, reason } satisfies OutageMessage))
  }
}
