import type { ClientAuthentication } from '../oauth/client-authentication.ts'
import { ASSERTION_LIFETIME_SECONDS, privateKeyJwt, signAssertion, type SigningClient } from '../oauth/private-key-jwt.ts'
import type { Clock } from '../clock.ts'
import type { Deadline } from './deadline.ts'

/** After five sixths of its lifetime, an assertion is replaced. */
const RENEW_AFTER_MS = ASSERTION_LIFETIME_SECONDS * 1000 * 5 / 6

/** A signed assertion, and whether the server accepted it. */
export interface ClientAssertion extends ClientAuthentication {
  /** Milliseconds since 1970. */
  readonly signedAt: number
  isAccepted: boolean
}

/**
 * Provides the assertions of a signing client. A signature costs more than all other work of an introspection, so one assertion
 * is used for many. A server that rejects replays gets a new one with each request.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7523#section-3 RFC 7523 section 3}: rule 7 permits a server to reject a `jti` that it has seen
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

  /** Returns the assertion to try first: the shared one, or a new one if the server rejects replays. */
  get (deadline: Deadline): ClientAssertion | Promise<ClientAssertion> {
    if (this.#isReplayRejected) return this.createUnshared()
    if (this.#shared !== undefined && this.#isFresh(this.#shared)) return this.#shared
    return this.#signing ?? this.#sign(deadline)
  }

  /** Creates an assertion that no other request uses. */
  async createUnshared (): Promise<ClientAssertion> {
    const signedAt = this.#clock.wall()
    return { ...privateKeyJwt(await signAssertion(this.#client, this.#audience, signedAt)), signedAt, isAccepted: false }
  }

  /** Records that the server rejected an assertion, so that no other request uses it. */
  recordRejection (assertion: ClientAssertion): void {
    if (this.#shared === assertion) this.#shared = undefined
  }

  /** Records that the server accepted `assertion` after it had rejected `rejected`. */
  recordReplacement (rejected: ClientAssertion, assertion: ClientAssertion): void {
    // The server accepted the rejected one before, and it is still fresh, so the rejection means that replays are rejected.
    if (rejected.isAccepted && this.#isFresh(rejected)) this.#isReplayRejected = true
    assertion.isAccepted = true
    this.#shared = assertion
  }

  #sign (deadline: Deadline): Promise<ClientAssertion> {
    const signing = this.createUnshared()
    this.#signing = signing
    const done = (): void => { if (this.#signing === signing) this.#signing = undefined }
    signing.then((assertion) => { this.#shared = assertion }).finally(done).catch(() => {})
    // Later requests must not wait for a signer that never responds.
    deadline.once('abort', done)
    return signing
  }

  /** By the wall clock, because the server compares with its own. It goes on while a machine sleeps, and can be set back. */
  #isFresh ({ signedAt }: ClientAssertion): boolean {
    const age = this.#clock.wall() - signedAt
    return age >= 0 && age < RENEW_AFTER_MS
  }
}
