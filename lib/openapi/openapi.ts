import type { FastifyInstance } from 'fastify'
import { resolveRouteRule } from '../guard/rules/rule-resolver.ts'
import type { Config } from '../options/config.ts'
import { DocsPages } from './docs-pages.ts'
import { createDocsSettings, type OpenapiOptions } from './docs-settings.ts'
import { DocumentedRoutes } from './documented-routes.ts'
import { completeScalarOptions, completeSwaggerUiOptions } from './page-options.ts'
import { completeSwaggerOptions } from './swagger-options.ts'
import { formatNames, warnAtStart } from '../start-warning.ts'

/**
 * Completes the options of packages that write and show OpenAPI documents. Functions in the options are composed, not replaced.
 * Values that are given override those that are added.
 */
export interface OpenapiDocs {
  /**
   * Completes the options of @fastify/swagger 9: security schemes, and what the guard requires of each route.
   *
   * @throws ZitadelError `FST_ZITADEL_OPTION` if the document is static, or not OpenAPI 3
   */
  readonly swagger: <T extends object>(options?: T) => T
  /** Completes the options of @fastify/swagger-ui 6: the login. The routes of this page become public. */
  readonly swaggerUi: <T extends object>(options?: T) => T
  /** Completes the options of @scalar/fastify-api-reference: the login. The routes of this page become public. */
  readonly scalar: <T extends object>(options?: T) => T
}

/** The OpenAPI part of a guard. */
export interface Openapi {
  /** Makes the routes of docs pages public. Must be called before routes are checked. */
  readonly watchPages: () => void
  /** Collects the routes of the guard. Must be called after routes are checked, which must see their config as it was declared. */
  readonly watchRoutes: () => void
  readonly createDocs: (options: OpenapiOptions) => OpenapiDocs
}

/** @param app the instance that the guard is registered on */
export function createOpenapi (app: FastifyInstance, config: Config): Openapi {
  const pages = new DocsPages(app)
  const routes = new DocumentedRoutes()
  return {
    watchPages: () => pages.watch(config.undeclaredRoutes === 'protected'),
    watchRoutes: () => routes.watch(app),
    createDocs: (options) => {
      const settings = createDocsSettings(options, config)
      const complete = (completed: object): never => completed as never
      return Object.freeze({
        swagger: (given = {}) => {
          warnAboutMissingRoutes(app, routes.listNames())
          return complete(completeSwaggerOptions(given, settings, routes, (route) => resolveRouteRule(config, route)))
        },
        swaggerUi: (given = {}) => complete(completeSwaggerUiOptions(given, settings, pages)),
        scalar: (given = {}) => complete(completeScalarOptions(given, settings, pages))
      }) as OpenapiDocs
    }
  }
}

/** @fastify/swagger gets no routes that were declared before it. The document would lack them without a warning. */
function warnAboutMissingRoutes (app: FastifyInstance, names: readonly string[]): void {
  if (names.length === 0) return
  warnAtStart(app.log, `register @fastify/swagger before these routes, or its document lacks them: ${formatNames(names)}`)
}
