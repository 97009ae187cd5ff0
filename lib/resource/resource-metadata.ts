import type { ResourceMetadata } from '../oauth/protected-resource.ts'
import type { Resource } from '../options/resource-config.ts'

/** Creates the metadata of a resource. Nothing of a request is in it. */
export function createResourceMetadata ({ url, scopes, name, documentation }: Resource, issuer: string): ResourceMetadata {
  return {
    resource: url,
    authorization_servers: [issuer],
    scopes_supported: scopes,
    bearer_methods_supported: ['header'],
    ...(name !== undefined && { resource_name: name }),
    ...(documentation !== undefined && { resource_documentation: documentation })
  }
}
