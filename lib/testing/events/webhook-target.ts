import { createHmac, randomBytes } from 'node:crypto'
import type { EventBody } from './event-body.ts'

/** A webhook as ZITADEL posts it. Its members are those of the options of `app.inject`. */
export interface Webhook {
  readonly headers: Readonly<Record<string, string>>
  readonly payload: string
}

/** Where webhooks go: a URL, or a function that calls `app.inject`. */
export type WebhookReceiver = string | ((webhook: Webhook) => PromiseLike<{ readonly statusCode: number }>)

/** A webhook that was sent. */
export interface Delivery extends Webhook {
  /** The status of the response; undefined without a response. */
  readonly status: number | undefined
}

/** How a webhook is signed. */
export interface WebhookSignature {
  /** Another key than that of the target forges the signature. Default: `signingKey` of the target. */
  readonly signingKey?: string | undefined
  /** When it was signed, in milliseconds since 1970. Default: now. */
  readonly signedAt?: number | undefined
}

/** A target of Actions v2: it gets an event for each change of a user, a token or roles, one after the other, each once. */
export interface WebhookTarget {
  /** The option `events.signingKey` of the plugin. */
  readonly signingKey: string
  /** What was sent, oldest first. */
  readonly deliveries: readonly Delivery[]
  /** Keeps events back from now on. */
  hold (): void
  /** Sends what was kept back, signed now, in the order in which it happened or in the reverse order. */
  release (options?: { readonly reversed?: boolean | undefined }): Promise<void>
  /**
   * Sends an event that did not happen, or a delivery once more. A delivery keeps its signature, unless the options change it.
   *
   * @returns the status of the response; undefined without a response
   */
  send (event: EventBody | Webhook, signature?: WebhookSignature): Promise<number | undefined>
  /** Resolves when all events that are not kept back were sent and answered. */
  settled (): Promise<void>
}

/** ZITADEL waits so many milliseconds for a response. */
const TIMEOUT_MS = 10_000

export class WebhookSender implements WebhookTarget {
  readonly signingKey = randomBytes(27).toString('base64url')
  readonly deliveries: Delivery[] = []
  readonly #receiver: WebhookReceiver
  readonly #clock: () => number
  #held: EventBody[] | undefined
  #last: Promise<unknown> = Promise.resolve()

  /** @param clock milliseconds since 1970 */
  constructor (receiver: WebhookReceiver, clock: () => number) {
    if (typeof receiver !== 'function' && !URL.canParse(receiver)) throw new TypeError('the receiver of a webhook target must be a URL or a function')
    this.#receiver = receiver
    this.#clock = clock
  }

  /** Sends an event after those before it. */
  push (event: EventBody): void {
    if (this.#held !== undefined) this.#held.push(event)
    else this.#last = this.#last.then(async () => await this.send(event))
  }

  hold (): void {
    this.#held ??= []
  }

  async release ({ reversed = false }: { readonly reversed?: boolean | undefined } = {}): Promise<void> {
    const events = this.#held ?? []
    this.#held = undefined
    for (const event of reversed ? events.reverse() : events) this.push(event)
    await this.settled()
  }

  async send (event: EventBody | Webhook, signature?: WebhookSignature): Promise<number | undefined> {
    const payload = 'payload' in event ? event.payload as string : JSON.stringify(event)
    const webhook = 'payload' in event && signature === undefined ? { headers: event.headers as Webhook['headers'], payload } : this.#sign(payload, signature)
    const status = await this.#post(webhook)
    this.deliveries.push({ ...webhook, status })
    return status
  }

  async settled (): Promise<void> {
    await this.#last
  }

  #sign (payload: string, { signingKey = this.signingKey, signedAt = this.#clock() }: WebhookSignature = {}): Webhook {
    const time = Math.floor(signedAt / 1000)
    const signature = createHmac('sha256', signingKey).update(`${time}.${payload}`).digest('hex')
    return { headers: { 'content-type': 'application/json', 'zitadel-signature': `t=${time},v1=${signature}` }, payload }
  }

  /** ZITADEL tries once, and ignores why that failed. */
  async #post ({ headers, payload }: Webhook): Promise<number | undefined> {
    try {
      if (typeof this.#receiver === 'function') return (await this.#receiver({ headers, payload })).statusCode
      return (await fetch(this.#receiver, { method: 'POST', headers, body: payload, redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT_MS) })).status
    } catch {
      return undefined
    }
  }
}
