import { ZitadelError } from '../errors.ts'
import { createClientRejectedError, createUnavailableError } from '../failures.ts'
import type { ClientAuthentication } from '../oauth/client-authentication.ts'
import { SigningError, type SigningClient } from '../oauth/private-key-jwt.ts'
import type { IntrospectionResponse } from '../oauth/introspection.ts'
import type { HttpResponse } from './http-response.ts'
import { CircuitBreaker, type CircuitFailure, type CircuitPermit } from './circuit-breaker.ts'
import type { Clock } from '../clock.ts'
import { DeadlineExceededError, withDeadline, type Deadline } from './deadline.ts'
import { Transport, type TransportOptions } from './transport.ts'
import { classifyResponse } from './response-classification.ts'
import { toOutageError } from './outage.ts'

export interface IntrospectOptions {
  /** Called right before the token is sent. Later changes at the server can be missing in the response. */
  readonly onSend: () => void
  /** Given for a known token. It is called if the first response says inactive, before the second request. */
  readonly onUnconfirmed?: (() => void) | undefined
  /** Called with the HTTP status of the last response. */
  readonly onResponse?: ((status: number) => void) | undefined
  /** The subject of a known token. The queue serves subjects alternately. */
  readonly subject?: unknown
  /** The number of other requests that wait for the response. */
  readonly countJoined?: () => number
}

/**
 * Introspects one token.
 *
 * @throws ZitadelError `FST_ZITADEL_UNAVAILABLE` or `FST_ZITADEL_CLIENT_REJECTED`
 */
export type Introspect = (token: string, options: IntrospectOptions) => Promise<IntrospectionResponse>

export interface ClientOptions extends TransportOptions {
  /** Milliseconds for the whole of one introspection. */
  readonly timeout: number
  /** What the log adds if there was no response: where ZITADEL was asked, and about a proxy. */
  readonly connectionAdvice: string
  readonly breaker: boolean
  /** Called once for each introspection that ended without an introspection response. */
  readonly onFailure: (error: ZitadelError) => void
  /** Called when a series of failures has opened the circuit. */
  readonly onDown: () => void
  /** Called when a response has closed the circuit. */
  readonly onUp: () => void
  /** Called when the circuit of a client has opened or closed. */
  readonly onCircuitChange?: (client: IntrospectionClient, isOpen: boolean) => void
}

/** The state of one introspection. */
interface CallState {
  permit: CircuitPermit | undefined
  hasStarted: boolean
  /** Whether the token was sent. Before that, an assertion may have to be signed. */
  isSent: boolean
  shouldReport: boolean
  readonly onResponse?: ((status: number) => void) | undefined
}

/** The client of one introspection endpoint. It decides when a request is sent, how long it may take, and what its result means. */
export class IntrospectionClient {
  readonly #options: ClientOptions
  readonly #clock: Clock
  readonly #transport: Transport
  readonly #circuit: CircuitBreaker
  readonly #hasSigner: boolean
  readonly #checks = new Map<CallState, Deadline>()
  #hasResponded = false

  constructor (credentials: SigningClient | ClientAuthentication, options: ClientOptions, clock: Clock) {
    this.#options = options
    this.#clock = clock
    this.#hasSigner = 'sign' in credentials
    this.#transport = new Transport(credentials, options, clock)
    this.#circuit = new CircuitBreaker(options.breaker, clock, (isOpen) => options.onCircuitChange?.(this, isOpen))
  }

  /** False from the moment when the circuit opens until a probe has succeeded. */
  get isCircuitClosed (): boolean {
    return this.#circuit.isClosed
  }

  /** An {@link Introspect} that fails at once while the circuit is open, and waits in the queue. */
  readonly introspect: Introspect = async (token, { onSend, onUnconfirmed, onResponse, subject }) => {
    const call: CallState = { permit: undefined, hasStarted: false, isSent: false, shouldReport: true, onResponse }
    return await this.#execute(call, async () => {
      const permit = this.#circuit.acquire()
      call.permit = permit
      return await withDeadline(this.#options.timeout, (deadline) => this.#options.limiter.run(onUnconfirmed !== undefined, subject, deadline, async () => {
        call.permit = this.#circuit.reacquire(permit)
        call.hasStarted = true
        return await this.#transport.send({ token, onSend: () => markSent(call, onSend), onUnconfirmed, deadline, isRetryPointless: () => this.#circuit.isOpen })
      }))
    })
  }

  /** An {@link Introspect} that always sends its request, at once. */
  readonly introspectDirectly: Introspect = async (token, { onSend }) => await this.#introspectNow(token, onSend, true)

  /** The same, but the caller reports the failure. */
  readonly introspectSilently: Introspect = async (token, { onSend }) => await this.#introspectNow(token, onSend, false)

  async #introspectNow (token: string, onSend: () => void, shouldReport: boolean): Promise<IntrospectionResponse> {
    const call: CallState = { permit: this.#circuit.acquireAlways(), hasStarted: true, isSent: false, shouldReport }
    return await this.#execute(call, () => withDeadline(this.#options.timeout, (deadline) => {
      this.#checks.set(call, deadline)
      return this.#transport.send({ token, onSend: () => markSent(call, onSend), onUnconfirmed: undefined, deadline, isRetryPointless: () => false })
    })).finally(() => { this.#checks.delete(call) })
  }

  /** Ends the checks that have no response yet, without a report, so that a server can close at once. */
  endChecks (): void {
    for (const [call, deadline] of this.#checks) {
      call.shouldReport = false
      deadline.abort()
    }
  }

  async #execute (call: CallState, send: () => Promise<HttpResponse>): Promise<IntrospectionResponse> {
    const { timeout, issuer, connectionAdvice, onFailure, onDown, onUp } = this.#options
    let failure: CircuitFailure
    try {
      const response = await send()
      call.onResponse?.(response.status)
      const classification = classifyResponse(response, { issuer, hasResponded: this.#hasResponded, now: this.#clock.wall() })
      if ('response' in classification) {
        this.#hasResponded = true
        const { isClosed } = this.#circuit
        this.#circuit.recordSuccess(call.permit!)
        if (!isClosed && this.#circuit.isClosed) onUp()
        return classification.response
      }
      const { backoff } = classification
      failure = { error: classification.kind === 'rejected' ? createClientRejectedError(classification.rejection) : createUnavailableError(classification.outage, backoff && backoff / 1000), backoff }
    } catch (error) {
      failure = { error: error instanceof ZitadelError && !call.hasStarted ? error : createUnavailableError(toOutageError(this.#toCause(error, call), timeout, call.hasStarted, connectionAdvice)) }
    }
    if (call.permit !== undefined && this.#circuit.recordFailure(failure, call.permit)) onDown()
    if (call.shouldReport) onFailure(failure.error)
    throw failure.error
  }

  /** If the time was over before the token was sent, the key store behind an external signer is the reason. */
  #toCause (error: unknown, { hasStarted, isSent }: CallState): unknown {
    return this.#hasSigner && error instanceof DeadlineExceededError && hasStarted && !isSent ? new SigningError(`the function "sign" gave no signature within ${this.#options.timeout} ms`) : error
  }
}

function markSent (call: CallState, onSend: () => void): void {
  call.isSent = true
  onSend()
}
