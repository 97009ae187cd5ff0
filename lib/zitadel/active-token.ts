import { isKeyedObject } from '../keyed-object.ts'
import type { IntrospectionResponse } from '../oauth/introspection.ts'
import { copyWithoutPrototype, toOptionalString } from '../untrusted-json.ts'
import type { ZitadelClaims } from './claims.ts'
import type { Actor } from './claims.ts'
import { deepFreeze } from './frozen.ts'
import type { Grants, Roles } from './grants.ts'
import { decodeMetadata } from './user-metadata.ts'

/**
 * An active token as ZITADEL describes it: `request.zitadel`. The object is frozen and shared by all requests with the token.
 * For unit tests of handlers, any object of this shape is enough.
 *
 * @example
 * ```ts
 * app.get('/orders', { config: { roles: ['reader'] } }, async (request) => {
 *   const { sub, organization } = request.zitadel
 *   return listOrders(sub, organization)
 * })
 * ```
 */
export interface ActiveToken {
  /** The raw response. Shapes are not checked, so check a claim before you use it. Add your own to {@link ZitadelClaims}. */
  readonly claims: ZitadelClaims
  /** The id of the user or service account; `''` if the server sent none. */
  readonly sub: string
  /** The client that the token was issued to; undefined for a personal access token. It does not prove which client calls. */
  readonly clientId: string | undefined
  /** The token's `scope`. The client chooses it, so it proves no right: use {@link ActiveToken.hasScope}. */
  readonly scopes: readonly string[]
  /** The roles held in this API's project: role key -> id of the organization that granted it -> its primary domain. */
  readonly roles: Roles
  /** The id of the user's organization; undefined unless the token was requested with the scope `urn:zitadel:iam:user:resourceowner`. */
  readonly organization: string | undefined
  /** The user's metadata as text; empty without the scope `urn:zitadel:iam:user:metadata`. */
  readonly metadata: Readonly<Record<string, string>>
  /** The party that acts for the subject (token exchange); undefined if there is none. */
  readonly actor: Actor | undefined
  /** Seconds since 1970; undefined if the server sent no expiry. */
  readonly expiresAt: number | undefined
  /** Whether this verdict is used past its ttl because ZITADEL cannot be reached. */
  readonly stale: boolean
  /**
   * Whether the token has a scope, by the rules of `config: { scopes }`: one of ZITADEL's own must be in
   * {@link ActiveToken.scopes}, any other among the roles (unless `customScopes: 'scope'`). Always false for a role scope.
   */
  hasScope (scope: string): boolean
  /**
   * Whether the caller holds a role in this API's project.
   *
   * @param within the organization that must have granted it. If it is given but empty or undefined, or if `within` has another
   *   key or is no plain object, the result is false
   */
  hasRole (role: string, within?: { organization?: string | undefined }): boolean
}

/** The token that the plugin creates from an introspection response. Frozen to its leaves, and shared by all requests with the token. */
export class IntrospectedToken implements ActiveToken {
  readonly claims: ZitadelClaims
  readonly sub: string
  readonly clientId: string | undefined
  readonly scopes: readonly string[]
  readonly roles: Roles
  readonly organization: string | undefined
  readonly metadata: ActiveToken['metadata']
  readonly actor: Actor | undefined
  readonly expiresAt: number | undefined
  readonly stale: boolean
  readonly #grants: Grants

  constructor (claims: IntrospectionResponse, grants: Grants, stale = false, metadata?: ActiveToken['metadata']) {
    this.#grants = grants
    this.claims = deepFreeze(claims)
    const own = copyWithoutPrototype(claims)
    this.sub = toOptionalString(own['sub']) ?? ''
    this.clientId = toOptionalString(own['client_id'])
    this.scopes = grants.scopes
    this.roles = grants.roles
    this.organization = toOptionalString(own['urn:zitadel:iam:user:resourceowner:id']) ?? toOptionalString(own['urn:zitadel:iam:org:id'])
    this.metadata = metadata ?? decodeMetadata(own['urn:zitadel:iam:user:metadata'])
    this.actor = (own['act'] ?? undefined) as Actor | undefined
    this.expiresAt = own.exp
    this.stale = stale
    Object.freeze(this)
  }

  /** Returns the same token, marked as used past the ttl of its verdict. It is called for each request in an outage, so nothing is decoded again. */
  asStale (): IntrospectedToken {
    return new IntrospectedToken(this.claims, this.#grants, true, this.metadata)
  }

  hasScope (scope: string): boolean {
    return this.#grants.hasScope(scope)
  }

  hasRole (role: string, within: { organization?: string | undefined } = {}): boolean {
    // A value that only seems empty, such as a promise or an object with an inherited key, must not mean any organization.
    if (!isKeyedObject(within)) return false
    const conditions = Object.keys(within)
    if (conditions.length < Reflect.ownKeys(within).length) return false
    if (conditions.length === 0) return !('organization' in within) && this.#grants.hasRole(role)
    return conditions.length === 1 && this.#grants.hasRole(role, within.organization ?? '')
  }
}
