import type { IntrospectionMessage } from '../channels.ts'
import type { Registration } from '../registration.ts'
import type { Clock } from '../clock.ts'
import type { ZitadelError, ZitadelErrorCode } from '../errors.ts'
import type { Introspect } from './introspection-client.ts'

/** Returns the same function, which publishes each introspection if anything observes it. */
export function traceIntrospections (introspect: Introspect, registration: Registration, clock: Clock): Introspect {
  return async (token, options) => {
    if (!registration.isTraced) return await introspect(token, options)
    const { onSend, onUnconfirmed, countJoined } = options
    const trace = new IntrospectionTrace(registration.id, onUnconfirmed !== undefined, countJoined, clock)
    return await registration.trace(trace, async () => {
      try {
        const response = await introspect(token, {
          ...options,
          onSend: () => {
            trace.recordRequest()
            onSend()
          },
          onResponse: (status) => trace.recordStatus(status)
        })
        trace.recordOutcome(response.active ? 'active' : 'inactive')
        return response
      } catch (error) {
        trace.recordFailure(error as ZitadelError)
        throw error
      }
    })
  }
}

/** Frozen: only the methods of this class change what the getters return. */
class IntrospectionTrace implements IntrospectionMessage {
  readonly registration: number
  readonly wasActive: boolean
  readonly #countJoined: (() => number) | undefined
  readonly #clock: Clock
  readonly #startedAt: number
  #outcome: IntrospectionMessage['outcome']
  #code: ZitadelErrorCode | undefined
  #reason: string | undefined
  #status: number | undefined
  #requests = 0
  #wait: number | undefined
  #duration: number | undefined
  #joined: number | undefined

  constructor (registration: number, isKnown: boolean, countJoined: (() => number) | undefined, clock: Clock) {
    this.registration = registration
    this.wasActive = isKnown
    this.#countJoined = countJoined
    this.#clock = clock
    this.#startedAt = clock.monotonic()
    Object.freeze(this)
  }

  get outcome (): IntrospectionMessage['outcome'] { return this.#outcome }
  get code (): ZitadelErrorCode | undefined { return this.#code }
  get reason (): string | undefined { return this.#reason }
  get status (): number | undefined { return this.#status }
  get requests (): number { return this.#requests }
  get wait (): number | undefined { return this.#wait }
  get duration (): number | undefined { return this.#duration }
  get joined (): number | undefined { return this.#joined }

  recordRequest (): void {
    this.#wait ??= this.#clock.monotonic() - this.#startedAt
    this.#requests++
    this.#status = undefined
  }

  recordStatus (status: number): void {
    this.#status = status
  }

  recordOutcome (outcome: IntrospectionMessage['outcome']): void {
    this.#outcome = outcome
    this.#duration = this.#clock.monotonic() - this.#startedAt
    this.#joined = this.#countJoined?.()
  }

  recordFailure ({ code, cause }: ZitadelError): void {
    this.recordOutcome('failed')
    this.#code = code
    this.#reason = (cause as Error).message
  }

  /** For loggers: getters are not enumerable. */
  toJSON (): IntrospectionMessage {
    const { registration, wasActive, outcome, code, reason, status, requests, wait, duration, joined } = this
    return { registration, wasActive, outcome, code, reason, status, requests, wait, duration, joined }
  }
}
