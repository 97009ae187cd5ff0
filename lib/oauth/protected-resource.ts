/** The well-known path of the metadata of protected resources. */
export const RESOURCE_METADATA_PATH = '/.well-known/oauth-protected-resource'

/** The metadata of a protected resource, as far as this API publishes it. */
export interface ResourceMetadata {
  /** The identifier of the resource, which clients compare with the URL that they requested. */
  readonly resource: string
  /** The issuers whose tokens the resource accepts. */
  readonly authorization_servers: readonly string[]
  /** What a client should request. */
  readonly scopes_supported: readonly string[]
  readonly bearer_methods_supported: readonly ['header']
  readonly resource_name?: string
  readonly resource_documentation?: string
}

/**
 * The URL of the metadata of a resource: the well-known path, inserted between the host and the path.
 *
 * @param resource the identifier of a resource: a URL without query and fragment
 * @throws TypeError if it is no URL
 * @example
 * ```ts
 * getResourceMetadataUrl('https://api.acme.example/mcp')
 * // https://api.acme.example/.well-known/oauth-protected-resource/mcp
 * ```
 * @see {@link https://www.rfc-editor.org/rfc/rfc9728#section-3.1 RFC 9728 section 3.1}
 */
export function getResourceMetadataUrl (resource: string): string {
  const { origin, pathname } = new URL(resource)
  return `${origin}${RESOURCE_METADATA_PATH}${pathname === '/' ? '' : pathname}`
}
