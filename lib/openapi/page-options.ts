import type { onRequestHookHandler } from 'fastify'
import { allowConnection } from './content-security-policy.ts'
import type { DocsPages } from './docs-pages.ts'
import type { DocsSettings } from './docs-settings.ts'
import { LOGIN_SCHEME } from './security.ts'

type Hooks = Readonly<Record<string, unknown>>

/** The options of @fastify/swagger-ui that are completed here. */
interface SwaggerUiOptions {
  readonly initOAuth?: object
  readonly uiHooks?: Hooks
  readonly transformStaticCSP?: (policy: string) => string
}

/** The options of @scalar/fastify-api-reference that are completed here. */
interface ScalarOptions {
  readonly configuration?: { readonly authentication?: { readonly securitySchemes?: Readonly<Record<string, { readonly flows?: { readonly authorizationCode?: object } }>> } }
  readonly hooks?: Hooks
}

/** Completes the options of @fastify/swagger-ui, and announces the page. */
export function completeSwaggerUiOptions (given: SwaggerUiOptions, { clientId, issuer, selectedScopes }: DocsSettings, pages: DocsPages): object {
  const marker = createMarker()
  pages.add({ marker, staticPath: '/static', findRedirectPath: (_url, prefix) => `${prefix}/static/oauth2-redirect.html` })
  const { transformStaticCSP } = given
  return {
    ...given,
    initOAuth: { clientId, usePkceWithAuthorizationCodeGrant: true, scopes: selectedScopes, scopeSeparator: ' ', ...given.initOAuth },
    uiHooks: addMarker(given.uiHooks, marker),
    // The browser sends the token request of the login to ZITADEL.
    transformStaticCSP: (policy: string) => allowConnection(transformStaticCSP === undefined ? policy : transformStaticCSP(policy), new URL(issuer).origin)
  }
}

/** Completes the options of @scalar/fastify-api-reference, and announces the page. */
export function completeScalarOptions (given: ScalarOptions, { clientId, selectedScopes }: DocsSettings, pages: DocsPages): object {
  const marker = createMarker()
  pages.add({ marker, findRedirectPath: (url) => url.endsWith('/') ? url : undefined })
  const { authentication } = given.configuration ?? {}
  const scheme = authentication?.securitySchemes?.[LOGIN_SCHEME]
  const authorizationCode = { 'x-scalar-client-id': clientId, 'x-usePkce': 'SHA-256', selectedScopes, ...scheme?.flows?.authorizationCode }
  return {
    ...given,
    configuration: {
      onRequestBuilt: omitEmptyToken,
      ...given.configuration,
      authentication: {
        preferredSecurityScheme: LOGIN_SCHEME,
        ...authentication,
        securitySchemes: { ...authentication?.securitySchemes, [LOGIN_SCHEME]: { ...scheme, flows: { ...scheme?.flows, authorizationCode } } }
      }
    },
    hooks: addMarker(given.hooks, marker)
  }
}

/**
 * Runs in the browser, from its source text. Without a login Scalar sends `Authorization: Bearer`, which is malformed (400) and
 * not a request without a token (401).
 */
export function omitEmptyToken ({ request: { headers } }: { readonly request: { readonly headers: { get: (name: string) => string | null, delete: (name: string) => void } } }): void {
  if (headers.get('authorization')?.trim().toLowerCase() === 'bearer') headers.delete('authorization')
}

function createMarker (): onRequestHookHandler {
  return function fastifyZitadelDocsPage (_request, _reply, done) { done() }
}

/** Both packages pass an array on to Fastify, although their types name one function. */
function addMarker (hooks: Hooks | undefined, marker: onRequestHookHandler): Hooks {
  return { ...hooks, onRequest: [marker, hooks?.['onRequest'] ?? []].flat() }
}
