import type { IntrospectionResponse } from '../oauth/introspection.ts'
import { createFrozenRecord, deepFreeze } from './frozen.ts'
import type { Grants, Roles } from './grants.ts'

/** Who acts for the subject (token exchange). A chain: each acted through the one inside it. */
export interface Actor {
  readonly iss?: string
  readonly sub: string
  readonly act?: Actor
}

/**
 * A live token as ZITADEL describes it: what handlers find as `request.zitadel`. Frozen to its leaves, and shared by every
 * request that carries the token.
 *
 * @example
 * ```ts
 * app.get('/orders', { config: { roles: ['reader'] } }, async (request) => {
 *   const { sub, organization } = request.zitadel
 *   return ordersOf(sub, organization)
 * })
 * ```
 */
export class ActiveToken {
  /** The raw response, whatever it holds. Shapes are not checked: look before you use. */
  readonly claims: IntrospectionResponse
  /** The id of the user or service account; '' where the server named none. */
  readonly sub: string
  /** The client that the token was issued to; undefined for a personal access token. No proof of who is calling. */
  readonly clientId: string | undefined
  /** What the token's `scope` says. Chosen by the client, so no proof of a right: ask {@link ActiveToken.hasScope}. */
  readonly scopes: readonly string[]
  /** The roles held in this API's project: role key -> id of the organisation that granted it -> its primary domain. */
  readonly roles: Roles
  /** The id of the user's organisation; undefined unless the token's scopes ask for it (`urn:zitadel:iam:user:resourceowner`). */
  readonly organization: string | undefined
  /** The user's metadata as text; empty without the scope `urn:zitadel:iam:user:metadata`. */
  readonly metadata: Readonly<Record<string, string>>
  /** Who acts for the subject; undefined where nobody does. */
  readonly actor: Actor | undefined
  /** Seconds since 1970; undefined where the server names no end. */
  readonly expiresAt: number | undefined
  /** Whether this verdict is used past its time because ZITADEL cannot be reached. */
  readonly stale: boolean
  readonly #grants: Grants

  /** @internal */
  constructor (claims: IntrospectionResponse, grants: Grants, stale = false) {
    this.#grants = grants
    this.claims = deepFreeze(claims)
    this.sub = toOptionalString(claims['sub']) ?? ''
    this.clientId = toOptionalString(claims['client_id'])
    this.scopes = grants.scopes
    this.roles = grants.roles
    this.organization = toOptionalString(claims['urn:zitadel:iam:user:resourceowner:id']) ?? toOptionalString(claims['urn:zitadel:iam:org:id'])
    this.metadata = decodeMetadata(claims['urn:zitadel:iam:user:metadata'])
    this.actor = (claims['act'] ?? undefined) as Actor | undefined
    this.expiresAt = claims.exp
    this.stale = stale
    Object.freeze(this)
  }

  /**
   * The same token in a use that is past its verdict's time.
   *
   * @internal
   */
  asStale (): ActiveToken {
    return new ActiveToken(this.claims, this.#grants, true)
  }

  /**
   * Whether the caller has a scope, judged as `config: { scopes }` is: one of ZITADEL's own is looked for in
   * {@link ActiveToken.scopes}, any other among the roles (unless `customScopes: 'scope'`). A role scope is never had.
   */
  hasScope (scope: string): boolean {
    return this.#grants.hasScope(scope)
  }

  /**
   * Whether the caller holds a role in this API's project.
   *
   * @param within the organisation that must have granted it. One that is named but empty or undefined grants nothing, and
   *   so does anything else that is said here: a misspelled name must not widen the question
   */
  hasRole (role: string, within: { organization?: string | undefined } = {}): boolean {
    const conditions = Object.keys(within)
    if (conditions.length === 0) return this.#grants.hasRole(role)
    return conditions.length === 1 && this.#grants.hasRole(role, within.organization ?? '')
  }
}

function toOptionalString (value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

const NO_METADATA: ActiveToken['metadata'] = createFrozenRecord([])

function decodeMetadata (claim: unknown): ActiveToken['metadata'] {
  if (typeof claim !== 'object' || claim === null) return NO_METADATA
  const texts = Object.entries(claim).filter((entry): entry is [string, string] => typeof entry[1] === 'string')
  return createFrozenRecord(texts.map(([key, value]) => [key, Buffer.from(value, 'base64url').toString()]))
}
