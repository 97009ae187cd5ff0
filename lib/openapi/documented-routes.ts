import type { FastifyInstance, RouteOptions } from 'fastify'
import { addRouteHook } from '../guard/routes/route-hooks.ts'
import { DOCUMENT_MARK, ROUTE_TAG } from './document.ts'

/** What @fastify/swagger passes to a `transform`. */
export interface TransformInput {
  readonly schema?: object
  readonly url: string
  readonly route: RouteOptions
  readonly openapiObject?: object
}

/** What a `transform` returns. */
export interface TransformResult { readonly schema?: object, readonly url?: string }

export type Transform = (input: TransformInput) => TransformResult

/**
 * The routes of a guard. Their operations are tagged with an id while a document is built, because a URL and a method do not
 * identify a route: there are version constraints, base paths, and transforms that change the URL.
 */
export class DocumentedRoutes {
  readonly #id = Symbol('fastify-zitadel.route')
  readonly #routes = new Map<unknown, RouteOptions>()
  readonly #names: string[] = []
  #lastId = 0

  /** Watches the routes that are declared from now on in the scope of the guard. */
  watch (app: FastifyInstance): void {
    const wrap = (transform: Transform | false): Transform => (input) => {
      const result = transform === false ? {} : transform(input)
      return input.openapiObject !== undefined && Object.hasOwn(input.openapiObject, DOCUMENT_MARK) ? this.tag(input, result) : result
    }
    addRouteHook(app, (route) => {
      // A copy, as Fastify makes one too: a change of a config that routes share must not reach the document either.
      const config = { ...route.config } as { swaggerTransform?: Transform | false | undefined }
      // `swaggerTransform` replaces the transform of the document.
      if (config.swaggerTransform !== undefined) config.swaggerTransform = wrap(config.swaggerTransform)
      // The id is enumerable: @fastify/swagger copies the HEAD twin of a route that has an operationId.
      Object.assign(route, { config, [this.#id]: ++this.#lastId })
      const { schema, method, url } = route as { schema?: { hide?: boolean }, method: string | string[], url: string }
      if (schema?.hide !== true && method !== 'HEAD') this.#names.push(`${[method].flat().join(',')} ${url}`)
    })
  }

  /** Lists the routes that have been declared so far, without hidden ones and HEAD twins. */
  listNames (): readonly string[] {
    return this.#names
  }

  /** Tags the operation of a route. The result of a route that is not the guard's stays as it is. */
  tag ({ route, schema }: TransformInput, result: TransformResult): TransformResult {
    const id = (route as object as Record<symbol, unknown>)[this.#id]
    if (id === undefined) return result
    this.#routes.set(id, route)
    return { ...result, schema: { ...(result.schema ?? schema), [ROUTE_TAG]: id } }
  }

  /** Gets the route of a tag. */
  get (tag: unknown): RouteOptions {
    return this.#routes.get(tag)!
  }
}
