import type { RouteOptions } from 'fastify'
import { createOptionError } from '../errors.ts'
import type { RouteRule } from '../guard/rules/route-rules.ts'
import type { DocsSettings } from './docs-settings.ts'
import { DOCUMENT_MARK, completeDocument, type OpenapiDocument } from './document.ts'
import type { DocumentedRoutes, Transform, TransformInput } from './documented-routes.ts'
import { LOGIN_SCHEME, createLoginScheme } from './security.ts'

/** The options of @fastify/swagger that are completed here. */
interface SwaggerOptions {
  readonly mode?: string
  readonly swagger?: object
  readonly openapi?: Partial<OpenapiDocument>
  readonly transform?: Transform | null
  readonly transformObject?: ((input: { readonly openapiObject: OpenapiDocument }) => object) | null
}

/**
 * Completes the options of @fastify/swagger. The document is completed after all paths are written, when neither the default
 * response nor a `transform` of the user can be lost.
 *
 * @throws ZitadelError `FST_ZITADEL_OPTION` for a document that cannot be completed
 */
export function completeSwaggerOptions (given: SwaggerOptions, settings: DocsSettings, routes: DocumentedRoutes, resolveRule: (route: RouteOptions) => RouteRule): object {
  if (given.mode === 'static') throw createOptionError('zitadel.openapi().swagger(): "mode" must be \'dynamic\': a static document cannot be completed')
  if (given.swagger !== undefined && given.openapi === undefined) throw createOptionError('zitadel.openapi().swagger(): the document must be OpenAPI 3: give "openapi" in place of "swagger"')
  const { openapi = {}, transform, transformObject } = given
  const securitySchemes = { [LOGIN_SCHEME]: createLoginScheme(settings, settings.selectedScopes), ...openapi.components?.securitySchemes }
  return {
    ...given,
    // The scheme must be there before the paths are written: @fastify/swagger looks it up.
    openapi: { ...openapi, components: { ...openapi.components, securitySchemes }, [DOCUMENT_MARK]: true },
    transform: (input: TransformInput) => routes.tag(input, transform ? transform(input) : {}),
    transformObject: (input: { readonly openapiObject: OpenapiDocument }) => {
      const { openapiObject } = input
      delete openapiObject[DOCUMENT_MARK]
      openapiObject.components.securitySchemes = { ...openapi.components?.securitySchemes }
      completeDocument(openapiObject, settings, (tag) => resolveRule(routes.get(tag)))
      return transformObject ? transformObject(input) : openapiObject
    }
  }
}
