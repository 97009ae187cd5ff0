import type { FastifyRequest } from 'fastify'
import { getAccessContext } from '../guard/checks/access-context.ts'
import type { ResourceFinder } from '../guard/checks/resource-finder.ts'
import type { Roles } from '../zitadel/grants.ts'

/** The `AuthInfo` of the MCP SDK. The object is frozen. */
export interface AuthInfo {
  /** The access token; `''` unless it was requested. A tool that passes it on makes this API a confused deputy. */
  readonly token: string
  /** The client that the token was issued to; `''` for a personal access token. It does not prove which client calls. */
  readonly clientId: string
  /** The token's `scope`. The client chooses it, so it proves no right. Typed as the SDK types it, but frozen. */
  readonly scopes: string[]
  /** Seconds since 1970; absent if ZITADEL sent no expiry. */
  readonly expiresAt?: number
  /** The resource that the request is inside of. */
  readonly resource?: URL
  /** The URL of its metadata. */
  readonly resourceMetadataUrl?: string
  readonly extra: AuthInfoExtra
}

/** The claims of the caller, with the names of `request.zitadel`. A type, because an interface is no `Record<string, unknown>`. */
export type AuthInfoExtra = {
  /** The id of the user or service account. */
  readonly sub: string
  /** Role key -> id of the organization that granted it -> its primary domain. */
  readonly roles: Roles
  /** The id of the user's organization, if the token was requested with the scope for it. */
  readonly organization: string | undefined
}

/** Creates the `AuthInfo` of requests; undefined for a request whose token was not checked. */
export function createAuthInfoReader (findResource: ResourceFinder | undefined): (request: FastifyRequest, withToken: unknown) => AuthInfo | undefined {
  return (request, withToken) => {
    const context = getAccessContext(request)
    if (context?.verdict.granted === undefined) return undefined
    const { clientId = '', scopes, expiresAt, sub, roles, organization } = context.verdict.granted.token
    const resource = findResource?.(request)
    return Object.freeze({
      // No text such as 'false' is a consent.
      token: withToken === true ? context.token : '',
      clientId,
      scopes: scopes as string[],
      ...(expiresAt !== undefined && { expiresAt }),
      // A new one each time: a URL cannot be frozen.
      ...(resource !== undefined && { resource: new URL(resource.url), resourceMetadataUrl: resource.metadataUrl }),
      extra: Object.freeze({ sub, roles, organization })
    })
  }
}
