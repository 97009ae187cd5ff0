import type { FastifyInstance, RouteOptions, onRequestHookHandler } from 'fastify'
import { addRouteHook } from '../guard/routes/route-hooks.ts'
import { ROUTE_KEYS } from '../options/route-options.ts'
import { warnAtStart } from '../start-warning.ts'

/** A docs page, from the call that completes its options on. */
export interface DocsPage {
  /** A hook that does nothing. It goes through the page's plugin into the routes of the page, which are recognized by it. */
  readonly marker: onRequestHookHandler
  /**
   * Finds the path that ZITADEL redirects to after the login.
   *
   * @param url of a route of the page
   * @param prefix of the scope of that route
   */
  readonly findRedirectPath: (url: string, prefix: string) => string | undefined
  /** The folder of static files, which @fastify/static serves without the marker; relative to the prefix of the page's scope. */
  readonly staticPath?: string
}

interface OpenPage extends DocsPage {
  scope?: FastifyInstance
  redirectPath?: string | undefined
}

/** Makes the routes of docs pages public, and logs the redirect URIs to register for their logins. */
export class DocsPages {
  readonly #app: FastifyInstance
  readonly #pages: OpenPage[] = []

  constructor (app: FastifyInstance) {
    this.#app = app
  }

  /**
   * Watches for routes of docs pages. Must be called before the routes are checked: a page's routes declare nothing.
   *
   * @param needsToken whether a route that declares nothing needs a token
   */
  watch (needsToken: boolean): void {
    const app = this.#app
    const pages = this.#pages
    const guarded: string[] = []
    const packages = new Set<string>()
    addRouteHook(app, function (route) {
      if (pages.some((page) => recordPageRoute(page, this, route))) route.config = { ...route.config, access: 'public' }
      else if (isHiddenAndUndeclared(route)) {
        const found = PAGE_PLUGINS.filter((name) => this.hasPlugin(name))
        for (const name of found) packages.add(name)
        if (found.length > 0) guarded.push(route.url)
      }
    })
    // The requests of such a page are denied, and the log lines of these denials do not name this cause.
    if (!needsToken) return
    app.addHook('onReady', async function fastifyZitadelGuardedPages () {
      // If the options of all pages are complete, the route is a hidden one of the user, which must stay guarded.
      if (pages.filter(({ redirectPath }) => redirectPath !== undefined).length >= packages.size) return
      const [url] = guarded.sort((a, b) => a.length - b.length)
      if (url !== undefined) warnAtStart(app.log, `the docs page at ${url} needs a token, so a browser cannot open it: complete its options with app.zitadel.openapi(...).swaggerUi() or scalar()`)
    })
  }

  /** Adds a page whose routes will be declared. */
  add (page: DocsPage): void {
    if (this.#pages.push({ ...page }) > 1) return
    const app = this.#app
    const pages = this.#pages
    app.addHook('onReady', async function fastifyZitadelDocsPages () {
      if (pages.some(({ redirectPath }) => redirectPath === undefined)) warnAtStart(app.log, 'options of a docs page were completed, and no page in the scope of the guard uses them: pass on all of what swaggerUi() or scalar() returns')
    })
    app.addHook('onListen', async function fastifyZitadelRedirectUris () {
      const origin = getBrowserOrigin(app.listeningOrigin)
      for (const { redirectPath } of pages) if (redirectPath !== undefined) app.log.info(`fastify-zitadel: register this redirect URI in ZITADEL, with the origin that browsers see: ${origin}${redirectPath}`)
    })
  }
}

/** Stores the scope and the path of a page when its first route is added. Returns whether the route is of the page. */
function recordPageRoute (page: OpenPage, scope: FastifyInstance, { url, onRequest }: RouteOptions): boolean {
  // With `routePrefix: '/'`, the prefix ends with a slash.
  const prefix = scope.prefix.replace(/\/$/, '')
  if (page.scope === scope && page.staticPath !== undefined) return url.startsWith(`${prefix}${page.staticPath}/`) || hasMarker(page, onRequest)
  if (!hasMarker(page, onRequest)) return false
  page.scope = scope
  page.redirectPath ??= page.findRedirectPath(url, prefix)
  return true
}

/** The packages that serve docs pages. */
export const PAGE_PLUGINS = ['@fastify/swagger-ui', '@scalar/fastify-api-reference']

function isHiddenAndUndeclared ({ schema, config }: RouteOptions): boolean {
  return (schema as { hide?: unknown } | undefined)?.hide === true && !ROUTE_KEYS.some((key) => Object.hasOwn(config ?? {}, key))
}

function hasMarker ({ marker }: DocsPage, onRequest: unknown): boolean {
  return Array.isArray(onRequest) && onRequest.includes(marker)
}

/** People open a page at localhost rather than at an address, and ZITADEL compares redirect URIs as strings. */
function getBrowserOrigin (origin: string): string {
  return origin.replace(/^(https?:\/\/)(?:127\.0\.0\.1|0\.0\.0\.0|\[::1?\])(?=:|$)/, '$1localhost')
}
