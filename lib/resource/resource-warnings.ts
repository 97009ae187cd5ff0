import type { FastifyInstance } from 'fastify'
import { listRoutesWhenReady } from '../guard/routes/served-routes.ts'
import type { Resource } from '../options/resource-config.ts'
import { warnAtStart } from '../start-warning.ts'

/**
 * Warns when the server is ready about metadata that a route of the app replaces, and about resources without a route.
 *
 * @param paths where the metadata is served
 */
export function warnAboutResources (app: FastifyInstance, root: FastifyInstance, resources: readonly Resource[], paths: readonly string[]): void {
  root.addHook('onReady', async function fastifyZitadelOnReadyMetadata () {
    const routes = listRoutesWhenReady(root).filter(({ method }) => method !== 'OPTIONS')
    for (const url of paths) {
      if (root.hasRoute({ method: 'GET', url })) warnAtStart(app.log, `a route of the app serves ${url} in place of the metadata of the option "resource"`)
    }
    for (const { path } of resources) {
      if (!routes.some(({ url }) => canServe(url, path))) warnAtStart(app.log, `no route of this server is inside the path ${path} of the option "resource"`)
    }
  })
}

/**
 * Whether a route can be inside a resource.
 *
 * @param url the pattern of the route
 */
function canServe (url: string, path: string): boolean {
  const pattern = url.replace(/(.)\/$/, '$1').toLowerCase()
  const dynamic = pattern.search(/[:*]/)
  const fixed = dynamic < 0 ? pattern : pattern.slice(0, dynamic)
  const lower = path.toLowerCase()
  return dynamic < 0 ? pattern === lower || pattern.startsWith(`${lower}/`) : `${lower}/`.startsWith(fixed) || fixed.startsWith(`${lower}/`)
}
