import { IntrospectionClient, type ClientOptions, type Introspect } from '../client/introspection-client.ts'
import type { Clock } from '../clock.ts'
import type { ZitadelError } from '../errors.ts'
import type { SecretClient } from '../oauth/client-authentication.ts'
import type { SigningClient } from '../oauth/private-key-jwt.ts'
import type { Registration } from '../registration.ts'
import { Reporter } from '../reporter.ts'
import { introspectRandomToken, toCheckResult, type CheckResult } from './health-check.ts'

/** Milliseconds in which the same reason to keep the previous credentials is logged once. A key file is tried again every five seconds. */
const FAILED_REPLACEMENT_INTERVAL_MS = 60_000

type Credentials = SigningClient | SecretClient

/** What a {@link CredentialRotation} needs. */
export interface CredentialRotationOptions {
  /** Reads the credentials as they are now. */
  readonly read: () => Promise<Credentials>
  /** The options of each client. */
  readonly client: Omit<ClientOptions, 'onCircuitChange'>
  readonly registration: Registration
  readonly reporter: Reporter
  /** Called when other credentials are in use. */
  readonly onReplaced: () => void
}

/** Holds the client with the credentials in use, and replaces it by one with new credentials if ZITADEL accepts them. */
export class CredentialRotation {
  readonly #options: CredentialRotationOptions
  readonly #clock: Clock
  /** Has an interval of its own, because a wrong key file is tried again and again. */
  readonly #failureReporter: Reporter
  #client: IntrospectionClient
  #candidate: IntrospectionClient | undefined
  #expiresAt: number | undefined
  #running: Promise<unknown> = Promise.resolve()
  #isClosed = false

  constructor (first: Credentials, options: CredentialRotationOptions, clock: Clock) {
    this.#options = options
    this.#clock = clock
    this.#failureReporter = new Reporter(options.reporter.log, clock, FAILED_REPLACEMENT_INTERVAL_MS)
    this.#client = this.#createClient(first)
    this.#expiresAt = getExpiry(first)
  }

  /** The client with the credentials in use. */
  get client (): IntrospectionClient {
    return this.#client
  }

  /** Milliseconds until the credentials in use expire; undefined for a secret, and for a key whose expiry is not known. */
  get expiresIn (): number | undefined {
    return this.#expiresAt && this.#expiresAt - this.#clock.wall()
  }

  /** Introspects with the credentials in use. */
  readonly introspect: Introspect = async (...call) => {
    const used = this.#client
    return await used.introspect(...call).catch(async (error: ZitadelError) => {
      // The previous credentials may have been removed after the request was sent.
      if (this.#client === used || error.code !== 'FST_ZITADEL_CLIENT_REJECTED') throw error
      return await this.#client.introspect(...call)
    })
  }

  /** Reads the credentials again, and uses them if ZITADEL accepts them. */
  readonly reload = async (): Promise<CheckResult> => {
    // One after the other. Otherwise a late response for an older key could restore it.
    const current = this.#running.then(() => this.#replace())
    this.#running = current
    return await current
  }

  /** Must be called when the key file has changed after credentials that could not be used: what was counted is not about the next ones. */
  readonly flushFailures = (): void => { this.#failureReporter.flush() }

  /** Must be called when the key file contains the credentials in use again, after others that could not be used. */
  readonly endFailures = (): void => {
    this.#options.reporter.report('info', 'FST_ZITADEL_CREDENTIALS', 'the key file contains the credentials in use again')
  }

  /** Ends the checks that have no response yet. A reload that ends later reports nothing. */
  close (): void {
    this.#isClosed = true
    this.#failureReporter.flush()
    this.#client.endChecks()
    this.#candidate?.endChecks()
  }

  async #replace (): Promise<CheckResult> {
    const { registration } = this.#options
    const result = await toCheckResult(async () => {
      const credentials = await this.#options.read()
      const candidate = this.#candidate = this.#createClient(credentials)
      await introspectRandomToken(candidate.introspectSilently)
      this.#use(candidate, credentials)
    })
    if (!result.ok && !this.#isClosed) {
      this.#failureReporter.report('error', result.code, `the credentials were not replaced, the previous credentials stay in use: ${result.reason}`)
      registration.publishCredentials('kept', result.code, result.reason)
    }
    return result
  }

  #use (client: IntrospectionClient, credentials: Credentials): void {
    const { registration, reporter, onReplaced } = this.#options
    if (!this.#client.isCircuitClosed) registration.publishCircuit(false)
    this.#client = client
    this.#expiresAt = getExpiry(credentials)
    // A failure that was counted would be written afterwards, as if the previous ones were still in use.
    reporter.flush()
    this.#failureReporter.flush()
    reporter.report('info', 'FST_ZITADEL_CREDENTIALS', 'the credentials were read, and are in use: ZITADEL has accepted them')
    registration.publishCredentials('replaced')
    onReplaced()
  }

  #createClient (credentials: Credentials): IntrospectionClient {
    const { client: options, registration } = this.#options
    // A client whose credentials are still being checked is not published.
    const onCircuitChange = (changed: IntrospectionClient, isOpen: boolean): void => { if (changed === this.#client) registration.publishCircuit(isOpen) }
    // Nor is the rejection of credentials that are not in use any more.
    const onFailure = (error: ZitadelError): void => { if (client === this.#client || error.code !== 'FST_ZITADEL_CLIENT_REJECTED') options.onFailure(error) }
    const client = new IntrospectionClient(credentials, { ...options, onFailure, onCircuitChange }, this.#clock)
    return client
  }
}

/** Milliseconds since 1970; undefined for a secret, and for a key whose expiry is not known. */
function getExpiry (credentials: Credentials): number | undefined {
  return 'expiresAt' in credentials ? credentials.expiresAt : undefined
}
