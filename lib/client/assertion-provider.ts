import { privateKeyJwt, signAssertion, type ClientAuthentication, type SigningClient } from '../oauth/client-authentication.ts'
import type { Clock } from '../clock.ts'
import type { Deadline } from './deadline.ts'

/** Milliseconds after which an assertion is replaced: well before ZITADEL refuses it, an hour after its `iat`. */
const RENEW_AFTER_MS = 50 * 60 * 1000

/** Proof of which client asks, and what has become of it. */
export interface ClientAssertion extends ClientAuthentication {
  /** Milliseconds since 1970. */
  readonly signedAt: number
  isAccepted: boolean
}

/**
 * The assertions of a signing client over time. A signature costs more than all else in an introspection, so one assertion
 * serves many; only a server that refuses replays gets a new one every time.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7523#section-3 RFC 7523 section 3}: rule 7 lets a server refuse a `jti` that it has seen
 */
export class AssertionProvider {
  readonly #client: SigningClient
  readonly #audience: string
  readonly #clock: Clock
  #shared: ClientAssertion | undefined
  #signing: Promise<ClientAssertion> | undefined
  #isReplayRejected = false

  constructor (client: SigningClient, audience: string, clock: Clock) {
    this.#client = client
    this.#audience = audience
    this.#clock = clock
  }

  /** A proof to try first: the shared one, or one of its own where replays are refused. */
  get (deadline: Deadline): ClientAssertion | Promise<ClientAssertion> {
    if (this.#isReplayRejected) return this.createUnshared()
    if (this.#shared !== undefined && this.#isFresh(this.#shared)) return this.#shared
    return this.#signing ?? this.#sign(deadline)
  }

  /** A proof that nobody else uses. */
  async createUnshared (): Promise<ClientAssertion> {
    const signedAt = this.#clock.wall()
    return { ...privateKeyJwt(await signAssertion(this.#client, this.#audience, signedAt)), signedAt, isAccepted: false }
  }

  /** The server did not take it: nobody else need try it. */
  recordRejection (assertion: ClientAssertion): void {
    if (this.#shared === assertion) this.#shared = undefined
  }

  /** The server took `proof` after it had refused `refused`. */
  recordReplacement (recordRejection: ClientAssertion, assertion: ClientAssertion): void {
    // What it once took and now refuses, it refuses for being a replay: only its own age could be another reason.
    if (recordRejection.isAccepted && this.#isFresh(recordRejection)) this.#isReplayRejected = true
    assertion.isAccepted = true
    this.#shared = assertion
  }

  #sign (deadline: Deadline): Promise<ClientAssertion> {
    const signing = this.createUnshared()
    this.#signing = signing
    const done = (): void => { if (this.#signing === signing) this.#signing = undefined }
    signing.then((assertion) => { this.#shared = assertion }).finally(done).catch(() => {})
    // A signer that never answers must not be what everybody waits for from now on.
    deadline.once('abort', done)
    return signing
  }

  /** By the wall clock, which the server's checks follow: it goes on while a machine sleeps, and may be set back. */
  #isFresh ({ signedAt }: ClientAssertion): boolean {
    const age = this.#clock.wall() - signedAt
    return age >= 0 && age < RENEW_AFTER_MS
  }
}
