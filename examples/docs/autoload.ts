// #region example
import fp from 'fastify-plugin'
import zitadel from 'fastify-zitadel'

// plugins/zitadel.ts. Options come from the environment, so that the tests of the app can set others.
export default fp(async (app) => {
  await app.register(zitadel)
}, { name: 'zitadel' })
// #endregion example
