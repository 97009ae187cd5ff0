import { privateKeyJwt, signAssertion, type ClientCredentials, type SigningClient } from '../oauth/client-authentication.ts'
import type { Clock } from '../clock.ts'
import type { Deadline } from './deadline.ts'

/** Milliseconds after which an assertion is replaced: well before ZITADEL refuses it, an hour after its `iat`. */
const RENEWED_AFTER = 50 * 60 * 1000

/** Proof of which client asks, and what has become of it. */
export interface Proof extends ClientCredentials {
  /** Milliseconds since 1970. */
  readonly madeAt: number
  accepted: boolean
}

/**
 * The assertions of a signing client over time. A signature costs more than all else in an introspection, so one assertion
 * serves many; only a server that refuses replays gets a new one every time.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7523#section-3 RFC 7523 section 3}: rule 7 lets a server refuse a `jti` that it has seen
 */
export class Assertions {
  readonly #client: SigningClient
  readonly #audience: string
  readonly #clock: Clock
  #shared: Proof | undefined
  #signing: Promise<Proof> | undefined
  #replaysRefused = false

  constructor (client: SigningClient, audience: string, clock: Clock) {
    this.#client = client
    this.#audience = audience
    this.#clock = clock
  }

  /** A proof to try first: the shared one, or one of its own where replays are refused. */
  current (deadline: Deadline): Proof | Promise<Proof> {
    if (this.#replaysRefused) return this.own()
    if (this.#shared !== undefined && this.#isFresh(this.#shared)) return this.#shared
    return this.#signing ?? this.#sign(deadline)
  }

  /** A proof that nobody else uses. */
  async own (): Promise<Proof> {
    const madeAt = this.#clock.wall()
    return { ...privateKeyJwt(await signAssertion(this.#client, this.#audience, madeAt)), madeAt, accepted: false }
  }

  /** The server did not take it: nobody else need try it. */
  refused (proof: Proof): void {
    if (this.#shared === proof) this.#shared = undefined
  }

  /** The server took `proof` after it had refused `refused`. */
  replaced (refused: Proof, proof: Proof): void {
    // What it once took and now refuses, it refuses for being a replay: only its own age could be another reason.
    if (refused.accepted && this.#isFresh(refused)) this.#replaysRefused = true
    proof.accepted = true
    this.#shared = proof
  }

  #sign (deadline: Deadline): Promise<Proof> {
    const signing = this.own()
    this.#signing = signing
    const done = (): void => { if (this.#signing === signing) this.#signing = undefined }
    signing.then((proof) => { this.#shared = proof }).finally(done).catch(() => {})
    // A signer that never answers must not be what everybody waits for from now on.
    deadline.once('abort', done)
    return signing
  }

  /** By the wall clock, which the server's checks follow: it goes on while a machine sleeps, and may be set back. */
  #isFresh ({ madeAt }: Proof): boolean {
    const age = this.#clock.wall() - madeAt
    return age >= 0 && age < RENEWED_AFTER
  }
}
