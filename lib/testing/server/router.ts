import { createTextResponse, type StandInResponse } from '../http/response.ts'
import { createDiscoveryDocument, createJwks } from '../endpoints/discovery.ts'
import type { StandInRequest } from '../http/request.ts'
import type { EndpointContext } from '../endpoints/context.ts'
import { createFaultResponse, type Fault } from '../faults.ts'
import { getIssuer, findOriginError, parseRequestOrigin } from '../instance/origin.ts'
import { handleIntrospection } from '../endpoints/introspection.ts'
import { handleRevocation } from '../endpoints/revocation.ts'

/** Handles a request: first the fault, then the lookup of the instance, then the endpoint. */
export async function routeRequest (request: StandInRequest, context: EndpointContext, fault: Fault | null): Promise<StandInResponse> {
  const origin = parseRequestOrigin(request.headers, context.domains)
  const early = createFaultResponse(fault, origin, context.domains) ?? findOriginError(origin, context.domains)
  if (early !== undefined) return early
  if (request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined) return PREFLIGHT_RESPONSE

  const issuer = getIssuer(origin)
  switch (request.path) {
    case '/oauth/v2/introspect':
      return await handleIntrospection(request, issuer, context, fault)
    case '/oauth/v2/revoke': return await handleRevocation(request, issuer, context)
    case '/oauth/v2/keys': return await createJwks()
    case '/.well-known/openid-configuration': return createDiscoveryDocument(issuer)
    default: return createNotFoundResponse(request)
  }
}

/** Only the OAuth endpoints answer in text: other paths reach the gateway of the gRPC API. */
function createNotFoundResponse ({ path }: StandInRequest): StandInResponse {
  if (path.includes('//')) return { status: 301, headers: { location: path.replace(/\/{2,}/g, '/') }, body: '' }
  if (/^\/(?:oauth\/v2|oidc\/v1)\//.test(path)) return createTextResponse('404 page not found', 404)
  return { status: 404, headers: { 'content-type': 'application/json' }, body: '{"code":5,"message":"Not Found"}' }
}

const PREFLIGHT_RESPONSE: StandInResponse = { status: 204, headers: { 'access-control-allow-methods': 'GET, HEAD, POST' }, body: '' }
