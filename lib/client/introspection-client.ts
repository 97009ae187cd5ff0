import { ZitadelError, clientRejected, unavailable } from '../errors.ts'
import type { ClientCredentials, SigningClient } from '../oauth/client-authentication.ts'
import type { IntrospectionResponse } from '../oauth/introspection.ts'
import type { Answer } from './http-response.ts'
import { Circuit, type Failure, type Pass } from './circuit-breaker.ts'
import type { Clock } from '../clock.ts'
import { withDeadline } from './deadline.ts'
import { Exchange, type ExchangeOptions } from './transport.ts'
import { judgeAnswer } from './response-classification.ts'
import { outageOf } from './outage.ts'

/**
 * Asks for the response of one token.
 *
 * @param sending is called right before the token leaves: what the server knows later than that, the response may not tell
 * @param doubted is given for a token that was active a moment ago, and called when it is inactive all of a sudden, before
 *   that is believed
 * @throws ZitadelError `FST_ZITADEL_UNAVAILABLE` or `FST_ZITADEL_CLIENT_REJECTED`
 */
export type Introspect = (token: string, sending: () => void, doubted?: () => void) => Promise<IntrospectionResponse>

export interface ClientOptions extends ExchangeOptions {
  /** Milliseconds for the whole of one introspection. */
  readonly timeout: number
  readonly breaker: boolean
  /** Told of every exchange that ended without a response, once. */
  readonly onFailure: (error: ZitadelError) => void
  /** Told when a series of failures has opened the circuit. */
  readonly onDown: () => void
}

/** Where a question stands: with the circuit, whether its turn has come, and whether its failure is reported. */
interface Turn {
  pass: Pass | undefined
  hasCome: boolean
  readonly isReported: boolean
}

/** The client of one introspection endpoint: when it is asked, how long, and what its answers and silences mean. */
export class IntrospectionClient {
  readonly #options: ClientOptions
  readonly #clock: Clock
  readonly #exchange: Exchange
  readonly #circuit: Circuit
  #hasAnswered = false

  constructor (credentials: SigningClient | ClientCredentials, options: ClientOptions, clock: Clock) {
    this.#options = options
    this.#clock = clock
    this.#exchange = new Exchange(credentials, options, clock)
    this.#circuit = new Circuit(options.breaker, clock)
  }

  /** An {@link Introspect}: fails at once while the circuit is open, and waits for its turn. */
  readonly introspect: Introspect = async (token, sending, doubted) => {
    const turn: Turn = { pass: undefined, hasCome: false, isReported: true }
    return await this.#ask(turn, async () => {
      const entered = this.#circuit.enter()
      turn.pass = entered
      return await withDeadline(this.#options.timeout, (deadline) => this.#options.limiter.run(doubted !== undefined, deadline, async () => {
        turn.pass = this.#circuit.renew(entered)
        turn.hasCome = true
        return await this.#exchange.answer({ token, sending, doubted, deadline, isVain: () => this.#circuit.isOpen })
      }))
    })
  }

  /** The same, asked at once whatever happened before. */
  readonly probe: Introspect = async (token, sending) => await this.#probe(token, sending, true)

  /** The same, but a failure is for whoever asks, and not reported. */
  readonly trial: Introspect = async (token, sending) => await this.#probe(token, sending, false)

  async #probe (token: string, sending: () => void, isReported: boolean): Promise<IntrospectionResponse> {
    return await this.#ask({ pass: this.#circuit.bypass(), hasCome: true, isReported }, () =>
      withDeadline(this.#options.timeout, (deadline) => this.#exchange.answer({ token, sending, doubted: undefined, deadline, isVain: () => false })))
  }

  async #ask (turn: Turn, exchange: () => Promise<Answer>): Promise<IntrospectionResponse> {
    const { timeout, issuer, onFailure, onDown } = this.#options
    let failure: Failure
    try {
      const judgement = judgeAnswer(await exchange(), { issuer, hasAnswered: this.#hasAnswered, now: this.#clock.wall() })
      if ('response' in judgement) {
        this.#hasAnswered = true
        this.#circuit.succeeded(turn.pass!)
        return judgement.response
      }
      failure = { error: judgement.fault === 'ours' ? clientRejected(judgement.observed) : unavailable(judgement.outage), pause: judgement.pause }
    } catch (error) {
      failure = { error: error instanceof ZitadelError && !turn.hasCome ? error : unavailable(outageOf(error, timeout, turn.hasCome)) }
    }
    if (turn.pass !== undefined && this.#circuit.failed(failure, turn.pass)) onDown()
    if (turn.isReported) onFailure(failure.error)
    throw failure.error
  }
}
