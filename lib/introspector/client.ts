import { setTimeout as sleep } from 'node:timers/promises'
import type { Dispatcher } from 'undici'
import { Outage, ZitadelError, clientRejected, unavailable } from '../errors.ts'
import type { ClientCredentials, SigningClient } from '../oauth/client-authentication.ts'
import { introspectionForm, type IntrospectionResponse } from '../oauth/introspection.ts'
import type { Endpoint } from '../zitadel/endpoints.ts'
import { isWorthAnother, judgeAnswer, readAnswer, refusesClient, type Answer } from './answer.ts'
import { Assertions } from './assertions.ts'
import { Circuit, type Failure } from './circuit.ts'
import type { Clock } from './clock.ts'
import { DeadlineExceeded, withDeadline } from './deadline.ts'
import type { Limiter } from './limiter.ts'

/**
 * Asks for the response of one token.
 *
 * @param sending is called right before the token leaves: what the server knows later than that, the response may not tell
 * @param known whether the token was active a moment ago
 * @throws ZitadelError `FST_ZITADEL_UNAVAILABLE` or `FST_ZITADEL_CLIENT_REJECTED`
 */
export type Introspect = (token: string, sending: () => void, known?: boolean) => Promise<IntrospectionResponse>

export interface ClientOptions {
  readonly issuer: string
  readonly endpoint: Endpoint
  readonly dispatcher: Pick<Dispatcher, 'request'>
  /** Milliseconds for the whole of one introspection. */
  readonly timeout: number
  readonly retry: boolean
  readonly breaker: boolean
  readonly limiter: Limiter
  /** Told of every exchange that ended without a response, once. */
  readonly onFailure: (error: ZitadelError) => void
}

/** Milliseconds before a second try, at least and at most: drawn, so that the processes of a fleet do not come all at once. */
const JITTER = [10, 100] as const

/** What undici and the system call a connection that ended under a request: often one that the server was just closing. */
const BROKEN_CONNECTIONS = ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']

/** The client of one introspection endpoint, and the only room that talks to the network. */
export class IntrospectionClient {
  readonly #options: ClientOptions
  readonly #clock: Clock
  readonly #credentials: Assertions | ClientCredentials
  readonly #circuit: Circuit
  #hasAnswered = false

  constructor (credentials: SigningClient | ClientCredentials, options: ClientOptions, clock: Clock) {
    this.#options = options
    this.#clock = clock
    this.#circuit = new Circuit(options.breaker, clock)
    this.#credentials = 'alg' in credentials ? new Assertions(credentials, options.issuer, clock) : credentials
  }

  /** An {@link Introspect}: fails at once while the circuit is open, and waits for its turn. */
  readonly introspect: Introspect = async (token, sending, known = false) => {
    const probe = this.#circuit.enter()
    let hasTurn = false
    return await this.#ask((signal) => this.#options.limiter.run(known, signal, async () => {
      hasTurn = true
      return await this.#exchange(token, sending, known, signal, () => this.#circuit.isOpen)
    }), probe, () => hasTurn)
  }

  /** The same, asked at once whatever happened before. */
  readonly probe: Introspect = async (token, sending) => {
    return await this.#ask((signal) => this.#exchange(token, sending, false, signal, () => false), false, () => true)
  }

  async #ask (exchange: (signal: AbortSignal) => Promise<Answer>, probe: boolean, hasTurn: () => boolean): Promise<IntrospectionResponse> {
    const { timeout, issuer, onFailure } = this.#options
    let failure: Failure
    try {
      const judgement = judgeAnswer(await withDeadline(timeout, exchange), { issuer, hasAnswered: this.#hasAnswered, now: this.#clock.wall() })
      if ('response' in judgement) {
        this.#hasAnswered = true
        this.#circuit.succeeded()
        return judgement.response
      }
      failure = { error: judgement.fault === 'ours' ? clientRejected(judgement.observed) : unavailable(judgement.outage), pause: judgement.pause }
    } catch (error) {
      failure = { error: error instanceof ZitadelError && !hasTurn() ? error : unavailable(outageOf(error, timeout, hasTurn())) }
    }
    // A question that never got its turn says nothing about ZITADEL.
    if (hasTurn()) this.#circuit.failed(failure, probe)
    else this.#circuit.left(probe)
    onFailure(failure.error)
    throw failure.error
  }

  /** @param isVain whether another proof would be refused like the first */
  async #exchange (token: string, sending: () => void, known: boolean, signal: AbortSignal, isVain: () => boolean): Promise<Answer> {
    const form = introspectionForm(token)
    if (!this.#options.retry) return await this.#authenticated(form, sending, signal, isVain)
    try {
      const answer = await this.#authenticated(form, sending, signal, isVain)
      if (!isWorthAnother(answer, known)) return answer
    } catch (error) {
      if (signal.aborted || !BROKEN_CONNECTIONS.includes(codeOf(error))) throw error
    }
    await sleep(JITTER[0] + Math.random() * (JITTER[1] - JITTER[0]), undefined, { signal })
    return await this.#authenticated(form, sending, signal, isVain)
  }

  async #authenticated (form: string, sending: () => void, signal: AbortSignal, isVain: () => boolean): Promise<Answer> {
    const credentials = this.#credentials
    if (!(credentials instanceof Assertions)) return await this.#post(form, credentials, sending, signal)
    const current = credentials.current(signal)
    const proof = current instanceof Promise ? await current : current
    const answer = await this.#post(form, proof, sending, signal)
    if (!refusesClient(answer)) {
      proof.accepted ||= answer.status === 200
      return answer
    }
    // Somebody else was refused with a proof of his own in the meantime: a signature more would change nothing.
    if (isVain()) return answer
    const own = await credentials.own()
    const second = await this.#post(form, own, sending, signal)
    if (second.status === 200) credentials.replaced(proof, own)
    return second
  }

  async #post (form: string, { form: proof, headers }: ClientCredentials, sending: () => void, signal: AbortSignal): Promise<Answer> {
    const { endpoint: { origin, path, headers: routing }, dispatcher } = this.#options
    sending()
    const body = form + proof
    return await readAnswer(await dispatcher.request({
      origin,
      path,
      method: 'POST',
      headers: { ...routing, ...headers, accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
      body,
      signal,
      // The deadline is ours: these would let a slow drip run on, and fire late.
      headersTimeout: 0,
      bodyTimeout: 0
    }), body)
  }
}

function codeOf (error: unknown): string {
  const code: unknown = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{0,40}$/.test(code) ? code : ''
}

/** Never by a message: an HTTP parser quotes the peer in it, and a signer may say anything. */
function outageOf (error: unknown, timeout: number, hadTurn: boolean): Outage {
  if (error instanceof DeadlineExceeded) {
    return hadTurn
      ? new Outage(`no answer from ZITADEL within ${timeout} ms`)
      : new Outage(`no turn to ask ZITADEL within ${timeout} ms (option "limits")`, true)
  }
  if ((error as Error | null)?.name === 'HTTPParserError') return new Outage('what answered does not speak HTTP')
  return new Outage(`no answer from ZITADEL (${codeOf(error) || (error instanceof TypeError ? 'the signer gave no signature' : 'the exchange broke')})`)
}
