import { AssertionError } from 'node:assert'
import { OTHER_COPY_PROBLEM, listGuardConfigs } from '../../guard/routes/guard-registry.ts'
import type { RouteRow } from '../../guard/routes/route-table.ts'
import type { AnyApp } from '../../guard/routes/served-routes.ts'
import { inspectRoutes } from './inspect-routes.ts'

/**
 * Proves that each route denies a request without a token, and returns who may call what. Routes that declare `access: 'public'` or
 * `'optional'` are listed and not requested. Every other route gets a request: its hooks run, its handler does not.
 *
 * A HEAD route with the same access as the GET route has no row.
 *
 * @param app is made ready if it is not
 * @returns rows, sorted by URL and method
 * @throws TypeError if `app` is no Fastify instance
 * @throws AssertionError names each route that a request without a token can reach, and what to write
 *
 * @example
 * const app = await build()
 * console.table(await expectGuarded(app))
 */
export async function expectGuarded (app: AnyApp): Promise<RouteRow[]> {
  if (typeof (app as Partial<AnyApp> | null)?.ready !== 'function') throw new TypeError('expectGuarded(): "app" must be a Fastify instance. If a function builds it, call the function and await its promise')
  const { rows, problems } = await inspectRoutes(app)
  if (problems.length === 0) return rows
  const isRegistered = listGuardConfigs(app.server).size > 0 || problems.some((problem) => problem.endsWith(OTHER_COPY_PROBLEM))
  const none = !isRegistered ? '\nfastify-zitadel is not registered on this server.' : ''
  const count = `${problems.length} ${problems.length === 1 ? 'route' : 'routes'}`
  throw new AssertionError({ message: `A request without a token is not denied by ${count}:${none}\n${problems.map((problem) => `  ${problem}`).join('\n')}` })
}
