import { setTimeout as sleep } from 'node:timers/promises'
import type { Dispatcher } from 'undici'
import { Outage, ZitadelError, clientRejected, unavailable } from '../errors.ts'
import { SigningFailed, type ClientCredentials, type SigningClient } from '../oauth/client-authentication.ts'
import { introspectionForm, type IntrospectionResponse } from '../oauth/introspection.ts'
import type { Endpoint } from '../zitadel/endpoints.ts'
import { adviceOnCode, adviceOnStatus } from './advice.ts'
import { isWorthAnother, judgeAnswer, readAnswer, refusesClient, type Answer } from './answer.ts'
import { Assertions } from './assertions.ts'
import { Circuit, type Failure, type Pass } from './circuit.ts'
import type { Clock } from './clock.ts'
import { DeadlineExceeded, withDeadline, type Deadline } from './deadline.ts'
import type { Limiter } from './limiter.ts'

/**
 * Asks for the response of one token.
 *
 * @param sending is called right before the token leaves: what the server knows later than that, the response may not tell
 * @param doubted is given for a token that was active a moment ago, and called when it is inactive all of a sudden, before
 *   that is believed
 * @throws ZitadelError `FST_ZITADEL_UNAVAILABLE` or `FST_ZITADEL_CLIENT_REJECTED`
 */
export type Introspect = (token: string, sending: () => void, doubted?: () => void) => Promise<IntrospectionResponse>

export interface ClientOptions {
  readonly issuer: string
  readonly endpoint: Endpoint
  readonly dispatcher: { readonly request: (options: Dispatcher.RequestOptions) => Promise<Dispatcher.ResponseData> }
  /** Milliseconds for the whole of one introspection. */
  readonly timeout: number
  readonly retry: boolean
  readonly breaker: boolean
  readonly limiter: Limiter
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
  readonly introspect: Introspect = async (token, sending, doubted) => {
    const turn: Turn = { pass: undefined, hasCome: false, isReported: true }
    return await this.#ask(turn, async () => {
      const entered = this.#circuit.enter()
      turn.pass = entered
      return await withDeadline(this.#options.timeout, (deadline) => this.#options.limiter.run(doubted !== undefined, deadline, async () => {
        turn.pass = this.#circuit.renew(entered)
        turn.hasCome = true
        return await this.#exchange(token, sending, doubted, deadline, () => this.#circuit.isOpen)
      }))
    })
  }

  /** The same, asked at once whatever happened before. */
  readonly probe: Introspect = async (token, sending) => await this.#probe(token, sending, true)

  /** The same, but a failure is for whoever asks, and not reported. */
  readonly trial: Introspect = async (token, sending) => await this.#probe(token, sending, false)

  async #probe (token: string, sending: () => void, isReported: boolean): Promise<IntrospectionResponse> {
    return await this.#ask({ pass: this.#circuit.bypass(), hasCome: true, isReported }, () =>
      withDeadline(this.#options.timeout, (deadline) => this.#exchange(token, sending, undefined, deadline, () => false)))
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

  /** @param isVain whether another try would end like the first, as others have found out in the meantime */
  async #exchange (token: string, sending: () => void, doubted: (() => void) | undefined, deadline: Deadline, isVain: () => boolean): Promise<Answer> {
    const form = introspectionForm(token)
    if (!this.#options.retry) return await this.#authenticated(form, sending, deadline, isVain)
    try {
      const answer = await this.#authenticated(form, sending, deadline, isVain)
      if (!isWorthAnother(answer, doubted !== undefined)) return answer
      if (answer.status === 200) doubted!()
      else if (isVain()) return answer
    } catch (error) {
      if (deadline.aborted || isVain() || !BROKEN_CONNECTIONS.includes(codeOf(error))) throw error
    }
    await sleep(JITTER[0] + Math.random() * (JITTER[1] - JITTER[0]))
    this.#options.limiter.spend()
    return await this.#authenticated(form, sending, deadline, isVain)
  }

  async #authenticated (form: string, sending: () => void, deadline: Deadline, isVain: () => boolean): Promise<Answer> {
    const credentials = this.#credentials
    if (!(credentials instanceof Assertions)) return await this.#post(form, credentials, sending, deadline)
    const current = credentials.current(deadline)
    const proof = current instanceof Promise ? await current : current
    const answer = await this.#post(form, proof, sending, deadline)
    if (!refusesClient(answer)) {
      proof.accepted ||= answer.status === 200
      return answer
    }
    credentials.refused(proof)
    // Somebody else was refused with a proof of his own in the meantime: a signature more would change nothing.
    if (isVain()) return answer
    const own = await credentials.own()
    this.#options.limiter.spend()
    const second = await this.#post(form, own, sending, deadline)
    if (second.status === 200) credentials.replaced(proof, own)
    return second
  }

  async #post (form: string, { form: proof, headers, secret }: ClientCredentials, sending: () => void, deadline: Deadline): Promise<Answer> {
    const { endpoint: { origin, path, headers: routing }, dispatcher } = this.#options
    sending()
    const body = form + proof
    return await readAnswer(await dispatcher.request({
      origin,
      path,
      method: 'POST',
      headers: { ...routing, ...headers, accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
      body,
      signal: deadline,
      // The deadline is ours: these would let a slow drip run on, and fire late.
      headersTimeout: 0,
      bodyTimeout: 0
    }), body + secret)
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
      ? new Outage(`no answer from ZITADEL within ${timeout} ms`, 'check the load of ZITADEL and the network between, or raise the option "timeout"')
      : new Outage(`no turn to ask ZITADEL within ${timeout} ms`, 'check for a flood of tokens, or raise the option "limits"', true)
  }
  if ((error as Error | null)?.name === 'HTTPParserError') return new Outage('what answered does not speak HTTP', adviceOnStatus(200))
  if (error instanceof SigningFailed) return new Outage(error.message, 'check the option "credentials", and the key store behind it')
  const code = codeOf(error)
  return new Outage(`no answer from ZITADEL (${code || 'the exchange broke'})`, adviceOnCode(code), code === 'ANSWER_TOO_LARGE')
}
