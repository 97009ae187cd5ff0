import { FUNCTION, SWITCH, TEXT, TEXTS, integerFrom, type ValueChecks } from './options/option-values.ts'
import type { Api, ApiOptions, ApplicationKey } from './instance/api.ts'
import type { RecordedRequest } from './http/request.ts'
import type { Fault } from './faults.ts'
import type { LogoutTokenOptions } from './tokens/logout-token-format.ts'
import type { WebhookReceiver, WebhookTarget } from './events/webhook-target.ts'
import type { Roles } from './tokens/roles.ts'
import type { TokenOptions } from './tokens/token-options.ts'

/** The options of `startStandIn`. Every option has a default. */
export interface StandInOptions {
  /** Port on 127.0.0.1. Default 0: a free port. */
  port?: number | undefined
  /**
   * The public origin (`scheme://host[:port]`) if it differs from the address, such as behind a proxy or in a cluster.
   * Requests must then name this host in `Host`, `x-forwarded-host` or `x-zitadel-instance-host`. Default: the address.
   */
  issuer?: string | undefined
  /** Current time in milliseconds since 1970, for expiry and assertions. Default `Date.now`, read at each call. */
  clock?: (() => number) | undefined
  /** `ExternalSecure` of the server. Default true for an https issuer. If false, the protocol comes from `x-forwarded-proto`. */
  externalSecure?: boolean | undefined
  /** More hosts (without port) of the instance. Default none. */
  domains?: string[] | undefined
  /** Hosts (without port) that are accepted in `x-zitadel-public-host`. Default none. */
  trustedDomains?: string[] | undefined
  /** True: a request with two methods of client authentication gets 400. No released ZITADEL does this yet. Default false. */
  refuseTwoMethods?: boolean | undefined
  /** Role keys of the project of the default API, granted or not. Default none. */
  projectRoles?: string[] | undefined
}

export const STAND_IN_OPTION_CHECKS: ValueChecks<StandInOptions> = {
  port: integerFrom(0, 65_535),
  issuer: TEXT,
  clock: FUNCTION,
  externalSecure: SWITCH,
  domains: TEXTS,
  trustedDomains: TEXTS,
  refuseTwoMethods: SWITCH,
  projectRoles: TEXTS
}

/**
 * A running stand-in for ZITADEL: the endpoints that a resource server needs, and the actions of an administrator.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7662 RFC 7662} for introspection
 * @see {@link https://www.rfc-editor.org/rfc/rfc7009 RFC 7009} for revocation
 */
export interface StandIn {
  /** The option `issuer` of the plugin. */
  readonly issuer: string
  /** The address of the server: `http://127.0.0.1:<port>`. */
  readonly address: string
  /** The project of the default API. */
  readonly projectId: string
  /** The option `credentials` of the plugin. */
  readonly credentials: { key: ApplicationKey }
  /**
   * Environment variables for an app that takes no options: `ZITADEL_ISSUER` and `ZITADEL_KEY`. The other variables of the plugin are
   * empty, so that those of a developer's own environment have no effect. Without the option `issuer` only: no variable names an
   * address.
   *
   * @example
   * Object.assign(process.env, standIn.env) // before the app registers the plugin
   * spawn('node', ['server.js'], { env: { ...process.env, ...standIn.env } })
   */
  readonly env: Readonly<Record<'ZITADEL_ISSUER' | 'ZITADEL_KEY' | 'ZITADEL_KEY_FILE' | 'ZITADEL_CLIENT_ID' | 'ZITADEL_CLIENT_SECRET', string>>
  /** The default API. */
  readonly api: Api
  /** Client id of the default application for logins. It has no secret and can revoke its tokens. */
  readonly loginClientId: string
  /** Registers an application. */
  addApi (options?: ApiOptions): Promise<Api>
  /** Issues a token. It is active unless its `lifetime` is negative. The ids in the options can be any: the user need not exist before. */
  issueToken (options?: TokenOptions): Promise<string>
  /**
   * Refreshes a token: returns a new token of the same session. The old token is inactive at once.
   *
   * @throws TypeError if this stand-in has not issued the token
   */
  refreshToken (token: string): Promise<string>
  /**
   * Sets the roles of the user of this token. ZITADEL reads them at each introspection.
   *
   * @throws TypeError if this stand-in has not issued the token
   */
  setRoles (token: string, roles: Roles | string[]): void
  /**
   * Revokes one token. If it is inactive already, nothing happens.
   *
   * @throws TypeError if this stand-in has not issued the token
   */
  revoke (token: string): void
  /**
   * Deactivates a user: all tokens issued so far are inactive.
   *
   * @param sub id of the user
   * @throws TypeError if this stand-in has issued no token to the user
   */
  deactivateUser (sub: string): void
  /**
   * Locks a user: all tokens issued so far are inactive.
   *
   * @param sub id of the user
   * @throws TypeError if this stand-in has issued no token to the user
   */
  lockUser (sub: string): void
  /**
   * Adds a target of Actions v2. From then on it gets a signed event for each `revoke`, `refreshToken`, `setRoles`,
   * `deactivateUser` and `lockUser`, and for each request to `/oauth/v2/revoke`.
   *
   * @param receiver a URL, or a function that posts the webhook to an app
   *
   * @example
   * const target = standIn.addWebhookTarget((webhook) => app.inject({ method: 'POST', url: '/zitadel/events', ...webhook }))
   * await standIn.issueToken({ sub: '42' })
   * standIn.lockUser('42')
   * await target.settled()
   * await target.send(target.deliveries[0]!) // a replay
   */
  addWebhookTarget (receiver: WebhookReceiver): WebhookTarget
  /**
   * Creates a logout token, which ZITADEL posts as `logout_token` to the back-channel logout URI of an OIDC application. The ids in the
   * options can be any, so that a test can send the logout token of another application or user.
   *
   * @see {@link https://openid.net/specs/openid-connect-backchannel-1_0.html OpenID Connect Back-Channel Logout 1.0}
   *
   * @example
   * const payload = new URLSearchParams({ logout_token: await standIn.createLogoutToken() }).toString()
   * await app.inject({ method: 'POST', url: '/zitadel/logout', headers: { 'content-type': 'application/x-www-form-urlencoded' }, payload })
   */
  createLogoutToken (options?: LogoutTokenOptions): Promise<string>
  /**
   * Simulates a fault until `fail(null)`, or for the next `times` requests.
   *
   * @example
   * standIn.fail('reset', { times: 1 }) // for the next request only
   */
  fail (fault: Fault | null, options?: { times?: number | undefined }): void
  /** The last 1000 received requests, oldest first. */
  readonly requests: readonly RecordedRequest[]
  /** Closes the listener and all connections at once. */
  close (): Promise<void>
}
