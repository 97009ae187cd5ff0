import type { ProbeResult } from './probe.ts'

// Why a request without a token can reach a route, and what to write.

/** The route belongs to no guard. */
export const OUTSIDE_SCOPE = 'it is outside of the scope of fastify-zitadel. Register the plugin on the root instance or on a scope around the route, or write config: { access: \'public\' }'
/** The option `undeclaredRoutes` makes the route public. */
export const OPEN_BY_DEFAULT = 'it declares nothing, and the option undeclaredRoutes: \'public\' leaves it open. Write config: { roles: [...] }, or config: { access: \'public\' } if it needs no token'
/** The route guards itself, and does not deny the request. */
export const OPEN_OWN = 'it declares access: \'own\', and none of its hooks denies the request. Add app.auth([...]) as a hook, or write config: { access: \'public\' } if it needs no token'
/** The route is guarded, and the guard does not deny the request. */
export const OPEN_GUARDED = 'its config requires a token, and the request passes. Look for a hook that changes its config or its hooks'

/** @returns undefined if the request was denied */
export function describeProblem ({ isHandlerReached, status }: ProbeResult, open: string): string | undefined {
  if (isHandlerReached) return open
  if (status === undefined) return 'a hook gives no response, so nothing is proven'
  if (status < 400) return `a hook answers ${status} without a token. Move the hook behind the guard, or write config: { access: 'public' }`
  if (status === 429 || status >= 500) return `a hook answers ${status} before the guard, so nothing is proven. Turn the hook off for this test`
  return undefined
}
