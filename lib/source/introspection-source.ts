import type { Introspect } from '../client/introspection-client.ts'
import type { RegistrationState } from '../registration.ts'
import type { SharedCache } from '../shared-cache/shared-cache.ts'
import type { CheckResult } from './health-check.ts'

/** The source of responses during the life of a server. */
export interface IntrospectionSource {
  readonly introspect: Introspect
  /** Asks at once, without a log line about a failure. */
  readonly introspectSilently: Introspect
  /** Undefined without the option `cache.shared`. */
  readonly sharedCache: SharedCache | undefined
  readonly check: () => Promise<CheckResult>
  readonly reload: () => Promise<CheckResult>
  /** Fetches the public keys of the issuer, as an unchecked JSON value; undefined with the option `introspect`. */
  readonly fetchKeys: (() => Promise<unknown>) | undefined
  /** The state that only the source has. */
  readonly readState: () => Pick<RegistrationState, 'queued' | 'isCircuitClosed' | 'credentialsExpireIn'>
  readonly close: () => Promise<void>
}
