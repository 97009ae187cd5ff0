import { wrongOption } from '../errors.ts'
import { readCredentials, type CredentialsSource } from './credentials.ts'
import { CACHE_CHECKS, CHECKS, FASTIFY_KEYS, LIMITS_CHECKS, check, originOf } from './checks.ts'
import type { CacheOptions, LimitOptions, ZitadelOptions } from './options.ts'
import { SHARED_CHECKS } from './shared-cache-checks.ts'
import type { SharedCacheOptions } from './shared-cache-options.ts'
import { introspectionEndpoint, type Endpoint } from '../zitadel/endpoints.ts'

/** Everything that the rooms need to know, checked and complete. */
export interface Config extends Readonly<Pick<ZitadelOptions, 'dispatcher' | 'tokenFrom' | 'projectId' | 'realm' | 'introspect'>> {
  /** Undefined where `introspect` stands in. */
  readonly server: { readonly issuer: string, readonly endpoint: Endpoint, readonly credentials: CredentialsSource } | undefined
  readonly cache: false | { readonly [K in keyof Required<Omit<CacheOptions, 'shared'>>]: Exclude<CacheOptions[K], undefined> } & { readonly shared: SharedCacheOptions | undefined }
  readonly timeout: number
  readonly retry: boolean
  readonly breaker: boolean
  readonly limits: { readonly [K in keyof Required<LimitOptions>]: LimitOptions[K] } & { readonly concurrent: number, readonly queue: number }
  readonly staleIfError: number
  readonly verifyOnStart: boolean
  readonly customScopes: 'roles' | 'scope'
  readonly undeclaredRoutes: NonNullable<ZitadelOptions['undeclaredRoutes']>
  readonly personalAccessTokens: boolean
  readonly clients: ReadonlySet<string> | undefined
}

/**
 * The configuration that options and environment give. An option wins over the environment.
 *
 * @throws ZitadelError `FST_ZITADEL_OPTION`, naming the option and what was expected, never what was given
 */
export function configure (options: ZitadelOptions, env: NodeJS.ProcessEnv): Config {
  check(options, CHECKS, '', FASTIFY_KEYS)
  if (options.cache) check(options.cache, CACHE_CHECKS, 'cache.')
  const shared = options.cache ? options.cache.shared : undefined
  // Null where it is missing: what is not given is not checked, and there is no fleet without one.
  if (shared !== undefined) check({ ...shared, client: shared.client ?? null }, SHARED_CHECKS, 'cache.shared.')
  if (options.limits) check(options.limits, LIMITS_CHECKS, 'limits.')
  const { issuer, credentials, address, introspectionEndpoint: path, cache, limits, clients, ...rest } = withoutUndefined(options)
  return Object.freeze({
    timeout: 3000,
    retry: true,
    breaker: true,
    staleIfError: 0,
    verifyOnStart: false,
    customScopes: 'roles',
    undeclaredRoutes: 'protected',
    personalAccessTokens: true,
    ...rest,
    cache: cache === false ? false : Object.freeze({ ttl: 30, inactiveTtl: 5, max: 10_000, refreshAhead: true, shared: undefined, ...withoutUndefined(cache ?? {}) }),
    limits: Object.freeze({ concurrent: 32, queue: 4000, perSecond: undefined, ...withoutUndefined(limits ?? {}) }),
    clients: clients && new Set(clients),
    server: options.introspect === undefined ? serverOf(issuer, credentials, address, path, env) : undefined
  })
}

function withoutUndefined<T extends object> (given: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as never
}

function serverOf (issuer: string | undefined, credentials: ZitadelOptions['credentials'], address: string | undefined, path: string | undefined, env: NodeJS.ProcessEnv): Config['server'] {
  const given = issuer ?? env['ZITADEL_ISSUER']
  const [passes, expected] = CHECKS.issuer
  if (!given) throw wrongOption(`option "issuer" (or the variable ZITADEL_ISSUER) is missing: it must be ${expected}`)
  if (!passes(given)) throw wrongOption(`the variable "ZITADEL_ISSUER" must be ${expected}`)
  const origin = originOf(given)!
  return {
    issuer: origin,
    endpoint: introspectionEndpoint(origin, address === undefined ? origin : originOf(address), path),
    credentials: readCredentials(credentials, env)
  }
}
