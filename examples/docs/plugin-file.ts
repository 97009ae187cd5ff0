// #region example
import fp from 'fastify-plugin'
import zitadel from 'fastify-zitadel'

// plugins/zitadel.ts: without fastify-plugin, the guard would cover this file only.
export default fp(async (app) => {
  await app.register(zitadel, { undeclaredRoutes: 'refused' })
}, { name: 'auth' })
// #endregion example
