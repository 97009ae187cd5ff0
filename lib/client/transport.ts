import { setTimeout as sleep } from 'node:timers/promises'
import type { ClientAuthentication, SigningClient } from '../oauth/client-authentication.ts'
import { createIntrospectionBody } from '../oauth/introspection.ts'
import type { Endpoint } from '../zitadel/endpoints.ts'
import { readHttpResponse, type HttpResponse } from './http-response.ts'
import { AssertionProvider } from './assertion-provider.ts'
import type { Clock } from '../clock.ts'
import type { RequestSender } from './connection-pool.ts'
import type { Deadline } from './deadline.ts'
import { shouldRetry, isClientRejection } from './response-classification.ts'
import type { Limiter } from './limiter.ts'
import { getErrorCode } from './outage.ts'

export interface TransportOptions {
  readonly issuer: string
  readonly endpoint: Endpoint
  readonly sender: RequestSender
  /** Whether what may pass is tried once more. */
  readonly retry: boolean
  /** Told of every request beyond the first. */
  readonly limiter: Limiter
}

/** What is asked, and what is to be known on the way. */
export interface IntrospectionRequest {
  readonly token: string
  /** Called right before the token leaves. */
  readonly onSend: () => void
  /** Given for a token that was active a moment ago, and called when it is inactive all of a sudden. */
  readonly onUnconfirmed: (() => void) | undefined
  readonly deadline: Deadline
  /** Whether another try would end like the first, as others have found out in the meantime. */
  readonly isRetryPointless: () => boolean
}

/** Milliseconds before a second try, at least and at most: drawn, so that the processes of a fleet do not come all at once. */
const RETRY_JITTER_MS = [10, 100] as const

/** What undici and the system call a connection that ended under a request: often one that the server was just closing. */
const CONNECTION_ERROR_CODES = ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']

/** From a question to an answer: with proof of who asks, and a second try where that helps. Nothing else talks to ZITADEL. */
export class Transport {
  readonly #credentials: AssertionProvider | ClientAuthentication
  readonly #options: TransportOptions

  constructor (credentials: SigningClient | ClientAuthentication, options: TransportOptions, clock: Clock) {
    this.#credentials = 'alg' in credentials ? new AssertionProvider(credentials, options.issuer, clock) : credentials
    this.#options = options
  }

  /** @throws what a connection, its parser, a signer or the bound on answers throws */
  async send (request: IntrospectionRequest): Promise<HttpResponse> {
    const { retry, limiter } = this.#options
    const { onUnconfirmed, deadline, isRetryPointless } = request
    const first = this.#sendAuthenticated(request)
    if (!retry) return await first
    const send = await first.catch((error: unknown) => {
      if (!CONNECTION_ERROR_CODES.includes(getErrorCode(error))) throw error
    })
    if (send !== undefined && !shouldRetry(send, onUnconfirmed !== undefined)) return send
    const isUnconfirmed = send?.status === 200
    if (isUnconfirmed) onUnconfirmed!()
    await sleep(RETRY_JITTER_MS[0] + Math.random() * (RETRY_JITTER_MS[1] - RETRY_JITTER_MS[0]))
    if (deadline.aborted || (isRetryPointless() && !isUnconfirmed)) return await first
    limiter.consume()
    return await this.#sendAuthenticated(request)
  }

  async #sendAuthenticated (request: IntrospectionRequest): Promise<HttpResponse> {
    const credentials = this.#credentials
    if (!(credentials instanceof AssertionProvider)) return await this.#post(request, credentials)
    const current = credentials.get(request.deadline)
    const assertion = current instanceof Promise ? await current : current
    const send = await this.#post(request, assertion)
    if (!isClientRejection(send)) {
      assertion.isAccepted ||= send.status === 200
      return send
    }
    credentials.recordRejection(assertion)
    // Somebody else was refused with a proof of his own in the meantime: a signature more would change nothing.
    if (request.isRetryPointless()) return send
    const own = await credentials.createUnshared()
    this.#options.limiter.consume()
    const second = await this.#post(request, own)
    if (second.status === 200) credentials.recordReplacement(assertion, own)
    return second
  }

  async #post ({ token, onSend, deadline }: IntrospectionRequest, { form, headers, secret }: ClientAuthentication): Promise<HttpResponse> {
    const { endpoint: { origin, path, headers: routing }, sender } = this.#options
    const body = createIntrospectionBody(token) + form
    onSend()
    return await readHttpResponse(await sender.request({
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
