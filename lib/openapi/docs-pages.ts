import type { FastifyInstance, RouteOptions, onRequestHookHandler } from 'fastify'

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

/** Makes the routes of docs pages public, and says which redirect URIs to register for their logins. */
export class DocsPages {
  readonly #app: FastifyInstance
  readonly #pages: OpenPage[] = []

  constructor (app: FastifyInstance) {
    this.#app = app
  }

  /** Watches for routes of docs pages. Must be called before the routes are checked: a page's routes declare nothing. */
  watch (): void {
    const pages = this.#pages
    this.#app.addHook('onRoute', function (route) {
      if (pages.some((page) => isRouteOf(page, this, route))) route.config = { ...route.config, access: 'public' }
    })
  }

  /** Adds a page whose routes will be declared. */
  add (page: DocsPage): void {
    if (this.#pages.push({ ...page }) > 1) return
    const app = this.#app
    const pages = this.#pages
    app.addHook('onReady', async function fastifyZitadelDocsPages () {
      if (pages.some(({ redirectPath }) => redirectPath === undefined)) app.log.warn('fastify-zitadel: options of a docs page were completed, and no page in the scope of the guard uses them: pass on all of what swaggerUi() or scalar() returns')
    })
    app.addHook('onListen', async function fastifyZitadelRedirectUris () {
      const origin = getBrowserOrigin(app.listeningOrigin)
      for (const { redirectPath } of pages) if (redirectPath !== undefined) app.log.info(`fastify-zitadel: register this redirect URI in ZITADEL, with the origin that browsers see: ${origin}${redirectPath}`)
    })
  }
}

function isRouteOf (page: OpenPage, scope: FastifyInstance, { url, onRequest }: RouteOptions): boolean {
  if (page.scope === scope && page.staticPath !== undefined) return url.startsWith(`${scope.prefix}${page.staticPath}/`) || hasMarker(page, onRequest)
  if (!hasMarker(page, onRequest)) return false
  page.scope = scope
  page.redirectPath ??= page.findRedirectPath(url, scope.prefix)
  return true
}

function hasMarker ({ marker }: DocsPage, onRequest: unknown): boolean {
  return Array.isArray(onRequest) && onRequest.includes(marker)
}

/** People open a page at localhost rather than at an address, and ZITADEL compares redirect URIs as strings. */
function getBrowserOrigin (origin: string): string {
  return origin.replace(/^(https?:\/\/)(?:127\.0\.0\.1|0\.0\.0\.0|\[::1?\])(?=:|$)/, '$1localhost')
}
