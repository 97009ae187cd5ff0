import { RESOURCE_METADATA_PATH, getResourceMetadataUrl } from '../../oauth/protected-resource.ts'
import { getAudienceScope } from '../../zitadel/scopes.ts'
import { createFailure, createSuccess, createWarning, type Diagnosis } from '../diagnosis.ts'
import { shortenForDisplay } from '../printable.ts'
import { fetchDocument, isHttpUrl, toStrings, type Exchange } from './mcp-http.ts'
import type { Challenge } from './mcp-server.ts'

const AUDIENCE_SCOPE = /^urn:zitadel:iam:org:project:id:[^:]+:aud$/

/** The metadata of the resource, and what is wrong with it. */
export interface ResourceDiagnosis {
  readonly diagnoses: readonly Diagnosis[]
  readonly document: Record<string, unknown> | undefined
}

/**
 * Finds the metadata as clients do: the URL of the challenge, then the path form, then the root form.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9728#section-3 RFC 9728 section 3}
 */
export async function diagnoseResource (exchange: Exchange, url: string, { metadataUrl, scopes }: Challenge, projectId: string | undefined): Promise<ResourceDiagnosis> {
  const pathForm = getResourceMetadataUrl(url)
  const rootForm = `${new URL(url).origin}${RESOURCE_METADATA_PATH}`
  const found = await fetchDocument(exchange, [...new Set([...isHttpUrl(metadataUrl) ? [metadataUrl] : [], pathForm, rootForm])])
  if (found.url === undefined) return { diagnoses: [createFailure('mcp_metadata', 'resource_metadata_missing', `The metadata of the resource is not there (${found.tried})`)], document: undefined }
  return {
    diagnoses: [
      await diagnosePlace(exchange, found.url, metadataUrl, pathForm),
      diagnoseIdentifier(found.document['resource'], url),
      diagnoseScopes(scopes, toStrings(found.document['scopes_supported']), projectId)
    ],
    document: found.document
  }
}

async function diagnosePlace (exchange: Exchange, found: string, metadataUrl: string | undefined, pathForm: string): Promise<Diagnosis> {
  if (metadataUrl !== undefined && found !== metadataUrl) return createFailure('mcp_metadata', 'resource_metadata_elsewhere', `The challenge points to metadata that is not there: ${shortenForDisplay(metadataUrl)}`)
  const isAtPathForm = found === pathForm || (await fetchDocument(exchange, [pathForm])).url !== undefined
  return isAtPathForm
    ? createSuccess('mcp_metadata', `The metadata of the resource is at ${shortenForDisplay(found)}`)
    : createWarning('mcp_metadata', 'resource_metadata_not_at_path', `The metadata of the resource is not at ${shortenForDisplay(pathForm)}, where clients look that do not read the challenge`)
}

function diagnoseIdentifier (resource: unknown, url: string): Diagnosis {
  if (typeof resource !== 'string' || !URL.canParse(resource)) return createFailure('mcp_resource', 'resource_not_named', 'The metadata names no resource')
  const [named, given] = [new URL(resource), new URL(url)]
  if (named.href === given.href) return createSuccess('mcp_resource', 'The metadata is of this resource')
  const message = `The metadata is of another resource: ${shortenForDisplay(resource)}`
  // The SDK's client accepts a resource that contains the server, RFC 9728 section 3.3 does not.
  const isAround = named.origin === given.origin && `${given.pathname}/`.startsWith(named.pathname.replace(/\/?$/, '/'))
  return isAround ? createWarning('mcp_resource', 'resource_around', message) : createFailure('mcp_resource', 'resource_other', message)
}

/** The scopes of the challenge come first for clients. Without them, they request those of the metadata. */
function diagnoseScopes (challenged: readonly string[] | undefined, supported: readonly string[], projectId: string | undefined): Diagnosis {
  const isAudience = (scope: string): boolean => projectId === undefined ? AUDIENCE_SCOPE.test(scope) : scope === getAudienceScope(projectId)
  const name = projectId === undefined ? 'the audience scope of the project' : getAudienceScope(projectId)
  if (!(challenged ?? supported).some(isAudience)) return createFailure('mcp_scopes', 'audience_scope_not_named', `The server does not name ${name}`)
  if (!supported.some(isAudience)) return createWarning('mcp_scopes', 'audience_scope_only_in_challenge', `The metadata does not name ${name} (scopes_supported)`)
  return createSuccess('mcp_scopes', 'The server names the audience scope of the project')
}
