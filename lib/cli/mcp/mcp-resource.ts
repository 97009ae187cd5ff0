import { RESOURCE_METADATA_PATH, getResourceMetadataUrl } from '../../oauth/protected-resource.ts'
import { getAudienceScope } from '../../zitadel/scopes.ts'
import { failed, ok, warning, type Diagnosis } from '../diagnosis.ts'
import { fetchDocument, toPrintable, toStrings, type Exchange } from './exchange.ts'
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
  const isUrl = metadataUrl !== undefined && /^https?:/.test(metadataUrl) && URL.canParse(metadataUrl)
  const found = await fetchDocument(exchange, [...new Set([...isUrl ? [metadataUrl] : [], pathForm, rootForm])])
  if (found.url === undefined) return { diagnoses: [failed('mcp_metadata', `The metadata of the resource is not there (${found.tried})`, 'Set the option "resource", and let a proxy forward paths that start with /.well-known/oauth-protected-resource')], document: undefined }
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
  const cure = 'Let a proxy forward paths that start with /.well-known/oauth-protected-resource'
  if (metadataUrl !== undefined && found !== metadataUrl) return failed('mcp_metadata', `The challenge points to metadata that is not there: ${toPrintable(metadataUrl)}`, cure)
  const isAtPathForm = found === pathForm || (await fetchDocument(exchange, [pathForm])).url !== undefined
  return isAtPathForm
    ? ok('mcp_metadata', `The metadata of the resource is at ${toPrintable(found)}`)
    : warning('mcp_metadata', `The metadata of the resource is not at ${toPrintable(pathForm)}, where clients look that do not read the challenge`, cure)
}

function diagnoseIdentifier (resource: unknown, url: string): Diagnosis {
  const cure = 'Set the option "resource" to exactly the URL that clients are given, with its path and without a slash more or less'
  if (typeof resource !== 'string' || !URL.canParse(resource)) return failed('mcp_resource', 'The metadata names no resource', cure)
  const [named, given] = [new URL(resource), new URL(url)]
  if (named.href === given.href) return ok('mcp_resource', 'The metadata is of this resource')
  const message = `The metadata is of another resource: ${toPrintable(resource)}`
  // The SDK's client accepts a resource that contains the server, RFC 9728 section 3.3 does not.
  const isAround = named.origin === given.origin && `${given.pathname}/`.startsWith(named.pathname.replace(/\/?$/, '/'))
  return isAround ? warning('mcp_resource', message, cure) : failed('mcp_resource', message, cure)
}

/** The scopes of the challenge come first for clients. Without them, they request those of the metadata. */
function diagnoseScopes (challenged: readonly string[] | undefined, supported: readonly string[], projectId: string | undefined): Diagnosis {
  const isAudience = (scope: string): boolean => projectId === undefined ? AUDIENCE_SCOPE.test(scope) : scope === getAudienceScope(projectId)
  const name = projectId === undefined ? 'the audience scope of the project' : getAudienceScope(projectId)
  const cure = 'Set the option "projectId". Without the scope, tokens of clients of other projects are inactive for this API'
  if (!(challenged ?? supported).some(isAudience)) return failed('mcp_scopes', `Clients are not told to request ${name}`, cure)
  if (!supported.some(isAudience)) return warning('mcp_scopes', `The metadata does not name ${name} (scopes_supported)`, cure)
  return ok('mcp_scopes', 'Clients are told to request the audience scope of the project')
}
