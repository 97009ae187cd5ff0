import type { Api, ApiOptions, ApplicationKey } from './api.ts'
import type { RecordedRequest } from './exchange.ts'
import type { Fault } from './faults.ts'
import type { Roles } from './roles.ts'
import type { TokenOptions } from './token-options.ts'

/** How a stand-in is started; all of it can be left out. */
export interface StandInOptions {
  /** Port on 127.0.0.1. Default 0: any free one. */
  port?: number
  /**
   * The public origin (`scheme://host[:port]`) where it differs from the address, as behind a proxy or in a cluster.
   * The stand-in then answers only requests that name this host: in `Host`, `x-forwarded-host` or
   * `x-zitadel-instance-host`.
   */
  issuer?: string
  /** Milliseconds since the epoch, the system's by default. Expiry and assertions are judged by it. */
  clock?: () => number
  /** The server's `ExternalSecure`; true by default for an https issuer. If false, `x-forwarded-proto` says the protocol. */
  externalSecure?: boolean
  /** More hosts (without port) that the instance answers to. */
  domains?: string[]
  /** Hosts (without port) that `x-zitadel-public-host` may name. */
  trustedDomains?: string[]
  /** Refuses a request with two methods of client authentication, as ZITADEL's later versions do. Default false. */
  refuseTwoMethods?: boolean
  /** Roles of the default API's project, held or not. */
  projectRoles?: string[]
}

export const standInOptionNames = { port: true, issuer: true, clock: true, externalSecure: true, domains: true, trustedDomains: true, refuseTwoMethods: true, projectRoles: true } as const

/**
 * A running stand-in for ZITADEL: the endpoints that a resource server needs, and what an administrator can do.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7662 RFC 7662} for introspection
 * @see {@link https://www.rfc-editor.org/rfc/rfc7009 RFC 7009} for revocation
 */
export interface StandIn {
  /** What to give to the plugin as `issuer`. */
  readonly issuer: string
  /** Where it listens: `http://127.0.0.1:<port>`. */
  readonly address: string
  /** The project of the default API. */
  readonly projectId: string
  /** What to give to the plugin as `credentials`. */
  readonly credentials: { key: ApplicationKey }
  /** The default API. */
  readonly api: Api
  /** Client id of the default application that people log in to. It has no secret and may revoke its tokens. */
  readonly loginClientId: string
  /** Registers one more application. */
  addApi (options?: ApiOptions): Promise<Api>
  /** A live token (unless its `lifetime` is negative). */
  issueToken (options?: TokenOptions): Promise<string>
  /** What a client's refresh does: a new token of the same session, and the old one is dead at once. */
  refreshToken (token: string): Promise<string>
  /** The roles that the user of this token holds from now on; ZITADEL reads them anew at each introspection. */
  setRoles (token: string, roles: Roles | string[]): void
  /** Ends one token. */
  revoke (token: string): void
  /** Ends all tokens of a user that were issued so far. */
  deactivateUser (sub: string): void
  /**
   * Goes wrong until `fail(null)`, or for the next `times` requests.
   *
   * @example
   * standIn.fail('reset', { times: 1 }) // the next request only
   */
  fail (fault: Fault | null, options?: { times?: number }): void
  /** The requests received so far, oldest first; the last 1000 of them. */
  readonly requests: readonly RecordedRequest[]
  /** Ends the listener and all connections at once. */
  close (): Promise<void>
}
