import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import scalar from '@scalar/fastify-api-reference'
import type { FastifyInstance } from 'fastify'

/** An app with the plugin gets a docs page with login. */
export async function addDocsPage (app: FastifyInstance): Promise<void> {
  // #region docs-page
  const docs = app.zitadel.openapi({ clientId: '312...', projectId: '311...' })
  await app.register(swagger, docs.swagger({ openapi: { openapi: '3.1.0', info: { title: 'Orders', version: '1.0.0' } } }))
  await app.register(swaggerUi, docs.swaggerUi({ routePrefix: '/docs' }))
  // #endregion docs-page

  // #region scalar
  await app.register(scalar, docs.scalar({ routePrefix: '/reference' }))
  // #endregion scalar

  // #region routes
  app.get('/orders', { config: { roles: ['reader'] } }, async () => [])
  // #endregion routes
}

/** The same with options of one's own. */
export async function addOwnDocsPage (app: FastifyInstance): Promise<void> {
  // #region own-options
  const docs = app.zitadel.openapi({ clientId: '312...', projectId: '311...', scopes: ['profile'] })
  await app.register(swagger, docs.swagger({
    transform: ({ schema, url }) => ({ schema: { ...schema, tags: [url.split('/')[1]!] }, url })
  }))
  await app.register(swaggerUi, docs.swaggerUi({
    routePrefix: '/docs',
    staticCSP: true, // the policy allows the login
    uiConfig: { persistAuthorization: true }, // the login survives a reload
    initOAuth: { appName: 'Orders' }
  }))
  // #endregion own-options
}
