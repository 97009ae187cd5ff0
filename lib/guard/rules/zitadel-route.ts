import type { ZitadelRouteOptions } from '../../options/route-options.ts'

declare const UNKNOWN_KEY: unique symbol

/** The type of an unknown key of `zitadelRoute`. No value has it, so such a key is a compile error. */
export interface UnknownRouteConfigKey { readonly [UNKNOWN_KEY]: never }

/**
 * Returns its argument, the part of a route's `config` that this plugin reads. TypeScript checks it exactly: an unknown key is a
 * compile error, which in a bare `config` it is not, because other plugins have keys there too.
 *
 * @example
 * ```ts
 * app.get('/orders', { config: zitadelRoute({ roles: ['reader'] }) }, listOrders)
 * app.get('/stock', { config: { ...zitadelRoute({ roles: ['reader'] }), rateLimit: { max: 10 } } }, listStock)
 * ```
 */
export function zitadelRoute<const Options extends ZitadelRouteOptions> (options: Options & { readonly [Key in Exclude<keyof Options, keyof ZitadelRouteOptions>]: UnknownRouteConfigKey }): Options {
  return options
}
