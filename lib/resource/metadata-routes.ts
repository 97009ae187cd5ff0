import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { createOptionError } from '../errors.ts'
import { RESOURCE_METADATA_PATH, type ResourceMetadata } from '../oauth/protected-resource.ts'
import { getRootScope } from '../guard/routes/server-scopes.ts'
import { getRouterOption } from '../guard/routes/router-options.ts'
import type { Resource } from '../options/resource-config.ts'
import { PLUGIN_ROUTE } from '../options/route-options.ts'
import { createResourceMetadata } from './resource-metadata.ts'
import { warnAboutResources } from './resource-warnings.ts'

/**
 * Serves the metadata of resources, each at its own path. If there is one resource, or one is an origin, its metadata is also served
 * at the root, where clients look next. The routes need no token, and browsers of any origin may read them.
 *
 * They are declared on the root instance, so that a prefix does not move them. A route of the user with the same path takes precedence.
 *
 * @param issuer the authorization server that clients are sent to
 * @throws ZitadelError `FST_ZITADEL_OPTION` if another registration has a resource with the same path
 * @see {@link https://www.rfc-editor.org/rfc/rfc9728#section-3 RFC 9728 section 3}
 */
export function serveResourceMetadata (app: FastifyInstance, resources: readonly Resource[], issuer: string): void {
  const root = getRootScope(app)
  const paths: string[] = []
  const serve = (path: string, metadata: ResourceMetadata): boolean => {
    const url = toFallbackPattern(path)
    if (root.hasRoute({ method: 'GET', url })) return false
    root.route({
      method: ['GET', 'HEAD', 'OPTIONS'],
      url,
      config: { access: 'public', [PLUGIN_ROUTE]: true } as object,
      schema: { hide: true } as object,
      exposeHeadRoute: false,
      handler: (request, reply) => sendMetadata(request, reply, metadata)
    })
    paths.push(path)
    return true
  }
  for (const resource of resources) {
    const metadata = createResourceMetadata(resource, issuer)
    const path = `${RESOURCE_METADATA_PATH}${resource.path}`
    if (!serve(path, metadata)) throw createOptionError('option "resource": another registration on this server has a resource with the same path')
    // Some clients keep the slash, others do not.
    if (resource.path !== '' && resource.url.endsWith('/') && getRouterOption(root, 'ignoreTrailingSlash') !== true) serve(`${path}/`, metadata)
    if (resource.path !== '' && resources.length === 1) serve(RESOURCE_METADATA_PATH, metadata)
  }
  warnAboutResources(app, root, resources, paths)
}

function sendMetadata (request: FastifyRequest, reply: FastifyReply, metadata: ResourceMetadata): FastifyReply {
  reply.header('access-control-allow-origin', '*')
  if (request.method !== 'OPTIONS') return reply.send(metadata)
  return reply.code(204).headers({ 'access-control-allow-methods': 'GET, HEAD, OPTIONS', 'access-control-allow-headers': '*' }).send()
}

/**
 * Writes `/a/b` as `/a/:resource(^$)b`: an empty parameter before the last segment. A static route with the same path, declared
 * before or after, is then no duplicate, and the router prefers it. A wildcard route comes after both.
 */
function toFallbackPattern (path: string): string {
  return path.replace(/[^/]+(?=\/?$)/, ':resource(^$)$&')
}
