import { setTimeout as sleep } from 'node:timers/promises'
import type { Dispatcher } from 'undici'
import type { ClientCredentials, SigningClient } from '../oauth/client-authentication.ts'
import { introspectionForm } from '../oauth/introspection.ts'
import type { Endpoint } from '../zitadel/endpoints.ts'
import { readAnswer, type Answer } from './http-response.ts'
import { Assertions } from './assertion-provider.ts'
import type { Clock } from '../clock.ts'
import type { Deadline } from './deadline.ts'
import { isWorthAnother, refusesClient } from './response-classification.ts'
import type { Limiter } from './limiter.ts'
import { codeOf } from './outage.ts'

export interface ExchangeOptions {
  readonly issuer: string
  readonly endpoint: Endpoint
  readonly dispatcher: { readonly request: (options: Dispatcher.RequestOptions) => Promise<Dispatcher.ResponseData> }
  /** Whether what may pass is tried once more. */
  readonly retry: boolean
  /** Told of every request beyond the first. */
  readonly limiter: Limiter
}

/** What is asked, and what is to be known on the way. */
export interface Question {
  readonly token: string
  /** Called right before the token leaves. */
  readonly sending: () => void
  /** Given for a token that was active a moment ago, and called when it is inactive all of a sudden. */
  readonly doubted: (() => void) | undefined
  readonly deadline: Deadline
  /** Whether another try would end like the first, as others have found out in the meantime. */
  readonly isVain: () => boolean
}

/** Milliseconds before a second try, at least and at most: drawn, so that the processes of a fleet do not come all at once. */
const JITTER = [10, 100] as const

/** What undici and the system call a connection that ended under a request: often one that the server was just closing. */
const BROKEN_CONNECTIONS = ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']

/** From a question to an answer: with proof of who asks, and a second try where that helps. Nothing else talks to ZITADEL. */
export class Exchange {
  readonly #credentials: Assertions | ClientCredentials
  readonly #options: ExchangeOptions

  constructor (credentials: SigningClient | ClientCredentials, options: ExchangeOptions, clock: Clock) {
    this.#credentials = 'alg' in credentials ? new Assertions(credentials, options.issuer, clock) : credentials
    this.#options = options
  }

  /** @throws what a connection, its parser, a signer or the bound on answers throws */
  async answer (question: Question): Promise<Answer> {
    const { retry, limiter } = this.#options
    const { doubted, deadline, isVain } = question
    const first = this.#try(question)
    if (!retry) return await first
    const answer = await first.catch((error: unknown) => {
      if (!BROKEN_CONNECTIONS.includes(codeOf(error))) throw error
    })
    if (answer !== undefined && !isWorthAnother(answer, doubted !== undefined)) return answer
    const isDoubtful = answer?.status === 200
    if (isDoubtful) doubted!()
    await sleep(JITTER[0] + Math.random() * (JITTER[1] - JITTER[0]))
    if (deadline.aborted || (isVain() && !isDoubtful)) return await first
    limiter.spend()
    return await this.#try(question)
  }

  async #try (question: Question): Promise<Answer> {
    const credentials = this.#credentials
    if (!(credentials instanceof Assertions)) return await this.#post(question, credentials)
    const current = credentials.current(question.deadline)
    const proof = current instanceof Promise ? await current : current
    const answer = await this.#post(question, proof)
    if (!refusesClient(answer)) {
      proof.accepted ||= answer.status === 200
      return answer
    }
    credentials.refused(proof)
    // Somebody else was refused with a proof of his own in the meantime: a signature more would change nothing.
    if (question.isVain()) return answer
    const own = await credentials.own()
    this.#options.limiter.spend()
    const second = await this.#post(question, own)
    if (second.status === 200) credentials.replaced(proof, own)
    return second
  }

  async #post ({ token, sending, deadline }: Question, { form, headers, secret }: ClientCredentials): Promise<Answer> {
    const { endpoint: { origin, path, headers: routing }, dispatcher } = this.#options
    const body = introspectionForm(token) + form
    sending()
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
