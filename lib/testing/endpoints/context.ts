import type { ApplicationStore } from '../instance/applications.ts'
import type { InstanceDomains } from '../instance/origin.ts'
import type { TokenStore } from '../tokens/token-store.ts'

/** The instance that the endpoints read. */
export interface EndpointContext {
  readonly applications: ApplicationStore
  readonly tokens: TokenStore
  readonly domains: InstanceDomains
  /** Milliseconds since 1970. */
  readonly clock: () => number
  readonly refuseTwoMethods: boolean
  /** Stores the `jti` of an assertion. Returns true without one, or for the `jti` of an earlier call. */
  readonly recordAssertion: (assertion: string) => boolean
}
