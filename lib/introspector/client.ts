import type { Dispatcher } from 'undici'
import { ZitadelError, clientRejected, unavailable } from '../errors.ts'
import type { ClientCredentials, SigningClient } from '../oauth/client-authentication.ts'
import { introspectionForm, type IntrospectionResponse } from '../oauth/introspection.ts'
import type { Endpoint } from '../zitadel/endpoints.ts'
import { judgeAnswer, readAnswer, refusesClient, type Answer } from './answer.ts'
import { Assertions, type Proof } from './assertions.ts'
import type { Clock } from './clock.ts'
import { DeadlineExceeded, withDeadline } from './deadline.ts'

/**
 * Asks for the response of one token.
 *
 * @param sending is called right before the token leaves: what the server knows later than that, the response may not tell
 * @throws ZitadelError `FST_ZITADEL_UNAVAILABLE` or `FST_ZITADEL_CLIENT_REJECTED`
 */
export type Introspect = (token: string, sending: () => void) => Promise<IntrospectionResponse>

export interface ClientOptions {
  readonly issuer: string
  readonly endpoint: Endpoint
  readonly dispatcher: Pick<Dispatcher, 'request'>
  /** Milliseconds for the whole of one introspection. */
  readonly timeout: number
  readonly retry: boolean
  /** Told what the operator has to fix, once an exchange. */
  readonly onRejected: (observed: string) => void
}

/** Milliseconds for which nobody asks again after ZITADEL has refused this API itself. */
const PAUSE = 5000

/** What undici and the system call a connection that ended under a request: often one that the server was just closing. */
const BROKEN_CONNECTIONS = ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']

/** The client of one introspection endpoint, and the only room that talks to the network. */
export class IntrospectionClient {
  readonly #options: ClientOptions
  readonly #clock: Clock
  #credentials: Assertions | ClientCredentials
  #hasAnswered = false
  #paused: { readonly until: number, readonly observed: string } | undefined

  constructor (credentials: SigningClient | ClientCredentials, options: ClientOptions, clock: Clock) {
    this.#options = options
    this.#clock = clock
    this.#credentials = 'alg' in credentials ? new Assertions(credentials, options.issuer, clock) : credentials
  }

  /** An {@link Introspect}. Fails at once while ZITADEL refuses this API. */
  readonly introspect: Introspect = async (token, sending) => {
    if (this.#isPaused()) throw clientRejected(this.#paused!.observed)
    return await this.probe(token, sending)
  }

  /** The same, asked even during a pause. */
  readonly probe: Introspect = async (token, sending) => {
    const { timeout, issuer } = this.#options
    const answer = await withDeadline(timeout, (signal) => this.#exchange(token, sending, signal)).catch((error: unknown) => {
      throw unavailable(error instanceof DeadlineExceeded ? `no answer from ZITADEL within ${timeout} ms` : `no answer from ZITADEL (${reasonOf(error)})`)
    })
    const judgement = judgeAnswer(answer, { issuer, hasAnswered: this.#hasAnswered, now: this.#clock.wall() })
    if ('response' in judgement) {
      this.#hasAnswered = true
      this.#paused = undefined
      return judgement.response
    }
    if (judgement.fault === 'theirs') throw unavailable(judgement.observed)
    this.#options.onRejected(judgement.observed)
    if (judgement.pause) this.#paused = { until: this.#clock.monotonic() + PAUSE, observed: judgement.observed }
    throw clientRejected(judgement.observed)
  }

  #isPaused (): boolean {
    return this.#paused !== undefined && this.#clock.monotonic() < this.#paused.until
  }

  async #exchange (token: string, sending: () => void, signal: AbortSignal): Promise<Answer> {
    const form = introspectionForm(token)
    const credentials = this.#credentials
    if (!(credentials instanceof Assertions)) return await this.#send(form, credentials, sending, signal)
    const current = credentials.current(signal)
    const proof = current instanceof Promise ? await current : current
    const answer = await this.#send(form, proof, sending, signal)
    if (!refusesClient(answer)) {
      proof.accepted ||= answer.status === 200
      return answer
    }
    // Somebody else was refused with a proof of his own in the meantime: a signature more would change nothing.
    if (this.#isPaused()) return answer
    const own = await credentials.own()
    const second = await this.#send(form, own, sending, signal)
    if (second.status === 200) credentials.replaced(proof, accepted(own))
    return second
  }

  async #send (form: string, proof: ClientCredentials, sending: () => void, signal: AbortSignal): Promise<Answer> {
    sending()
    try {
      return await this.#post(form, proof, signal)
    } catch (error) {
      if (!this.#options.retry || signal.aborted || !BROKEN_CONNECTIONS.includes(codeOf(error))) throw error
      return await this.#post(form, proof, signal)
    }
  }

  async #post (form: string, { form: proof, headers }: ClientCredentials, signal: AbortSignal): Promise<Answer> {
    const { endpoint: { origin, path, headers: routing }, dispatcher } = this.#options
    return await readAnswer(await dispatcher.request({
      origin,
      path,
      method: 'POST',
      headers: { ...routing, ...headers, accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
      body: form + proof,
      signal,
      // The deadline is ours: these would let a slow drip run on, and fire late.
      headersTimeout: 0,
      bodyTimeout: 0
    }))
  }
}

function accepted (proof: Proof): Proof {
  proof.accepted = true
  return proof
}

function codeOf (error: unknown): string {
  const code: unknown = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{0,40}$/.test(code) ? code : ''
}

/** Never a message: an HTTP parser quotes the peer in it, and a signer may say anything. */
function reasonOf (error: unknown): string {
  if (error instanceof ZitadelError) return error.message
  return codeOf(error) || (error instanceof TypeError ? 'the signer gave no signature' : 'the exchange broke')
}
