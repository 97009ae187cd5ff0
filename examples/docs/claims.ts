import type { FastifyInstance } from 'fastify'

// #region declare
declare module 'fastify-zitadel' {
  interface ZitadelClaims {
    readonly 'https://acme.example/tenant'?: string
  }
}
// #endregion declare

export function declareTenantRoute (app: FastifyInstance): void {
  // #region use
  app.get('/tenant', { config: { scopes: [] } }, async (request) => {
    return { tenant: request.zitadel.claims['https://acme.example/tenant'] }
  })
  // #endregion use
}
