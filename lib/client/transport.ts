import { setTimeout as sleep } from 'node:timers/promises'
import type { ClientAuthentication } from '../oauth/client-authentication.ts'
import type { SigningClient } from '../oauth/private-key-jwt.ts'
import { createIntrospectionBody } from '../oauth/introspection.ts'
import type { Endpoint } from '../zitadel/endpoints.ts'
import { readHttpResponse, type HttpResponse } from './http-response.ts'
import { AssertionProvider } from './assertion-provider.ts'
import type { Clock } from '../clock.ts'
import type { RequestSender } from './http-request.ts'
import type { Deadline } from './deadline.ts'
import { shouldRetry, isClientRejection } from './response-classification.ts'
import type { Limiter } from './limiter.ts'
import { getErrorCode } from './outage.ts'

export interface TransportOptions {
  readonly issuer: string
  readonly endpoint: Endpoint
  readonly sender: RequestSender
  /** Whether a request is sent once more after a failure that can be over soon. */
  readonly retry: boolean
  /** Counts each request beyond the first. */
  readonly limiter: Limiter
}

/** One introspection: the token, and what it needs while it runs. */
export interface IntrospectionRequest {
  readonly token: string
  /** Called right before the token is sent. */
  readonly onSend: () => void
  /** Given for a known token. It is called if the first response says inactive, before the second request. */
  readonly onUnconfirmed: (() => void) | undefined
  readonly deadline: Deadline
  /** True if the circuit opened meanwhile, so that a retry would fail too. */
  readonly isRetryPointless: () => boolean
}

/** The shortest and the longest wait before a retry, in milliseconds. It is random, so that processes do not retry at the same time. */
const RETRY_JITTER_MS = [10, 100] as const

/** The codes of a connection that ended during a request. Often the server was just closing it. */
const CONNECTION_ERROR_CODES = ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']

/** Sends an introspection request with the credentials of this API, and retries it once where that can help. */
export class Transport {
  readonly #credentials: AssertionProvider | ClientAuthentication
  readonly #options: TransportOptions

  constructor (credentials: SigningClient | ClientAuthentication, options: TransportOptions, clock: Clock) {
    this.#credentials = 'alg' in credentials ? new AssertionProvider(credentials, options.issuer, clock) : credentials
    this.#options = options
  }

  /** @throws what a connection, its parser, a signer or the limit of the response size throws */
  async send (request: IntrospectionRequest): Promise<HttpResponse> {
    const { retry, limiter } = this.#options
    const { onUnconfirmed, deadline, isRetryPointless } = request
    const first = this.#sendAuthenticated(request)
    if (!retry) return await first
    const response = await first.catch((error: unknown) => {
      if (!CONNECTION_ERROR_CODES.includes(getErrorCode(error))) throw error
    })
    if (response !== undefined && !shouldRetry(response, onUnconfirmed !== undefined)) return response
    const isUnconfirmed = response?.status === 200
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
    const response = await this.#post(request, assertion)
    if (!isClientRejection(response)) {
      assertion.isAccepted ||= response.status === 200
      return response
    }
    credentials.recordRejection(assertion)
    // Another request was rejected with an assertion of its own meanwhile, so another signature would change nothing.
    if (request.isRetryPointless()) return response
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
      // The deadline replaces these: they do not end a response that arrives slowly, and they end late.
      headersTimeout: 0,
      bodyTimeout: 0
    }), body + secret)
  }
}
