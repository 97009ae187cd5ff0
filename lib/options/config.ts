import { createOptionError } from '../errors.ts'
import { resolveCredentials, type CredentialsProvider } from './credentials.ts'
import { CACHE_CHECKS, OPTION_CHECKS, FASTIFY_KEYS, LIMITS_CHECKS, checkOptions, checkOwnOptions, checkValue, parseOrigin } from './checks.ts'
import type { CacheOptions, LimitOptions, ZitadelOptions } from './options.ts'
import { SHARED_CACHE_CHECKS } from './shared-cache-checks.ts'
import type { SharedCacheOptions } from './shared-cache-options.ts'
import { resolveIntrospectionEndpoint, type Endpoint } from '../zitadel/endpoints.ts'

/** Everything that the rooms need to know, checked and complete. */
export interface Config extends Readonly<Pick<ZitadelOptions, 'dispatcher' | 'tokenFrom' | 'unmatched' | 'projectId' | 'realm' | 'introspect'>> {
  /** Undefined where `introspect` stands in. */
  readonly authorizationServer: { readonly issuer: string, readonly endpoint: Endpoint, readonly credentials: CredentialsProvider } | undefined
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
export function createConfig (options: ZitadelOptions, env: NodeJS.ProcessEnv): Config {
  checkOptions(options, OPTION_CHECKS, '', FASTIFY_KEYS)
  if (options.cache) checkOptions(options.cache, CACHE_CHECKS, 'cache.')
  const shared = options.cache ? options.cache.shared : undefined
  // Null where it is missing: what is not given is not checked, and there is no fleet without one.
  if (shared !== undefined) checkOwnOptions(shared, SHARED_CACHE_CHECKS, 'cache.shared.')
  if (shared !== undefined) checkOptions({ ...shared, client: shared.client ?? null }, SHARED_CACHE_CHECKS, 'cache.shared.')
  if (options.limits) checkOptions(options.limits, LIMITS_CHECKS, 'limits.')
  const { issuer, credentials, address, introspectionEndpoint: path, cache, limits, clients, ...rest } = omitUndefined(options)
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
    cache: cache === false ? false : Object.freeze({ ttl: 30, inactiveTtl: 5, max: 10_000, refreshAhead: true, shared: undefined, ...omitUndefined(cache ?? {}) }),
    limits: Object.freeze({ concurrent: 32, queue: 4000, perSecond: undefined, ...omitUndefined(limits ?? {}) }),
    clients: clients && new Set(clients),
    authorizationServer: options.introspect === undefined ? resolveAuthorizationServer(issuer, credentials, address, path, env) : undefined
  })
}

function omitUndefined<T extends object> (given: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as never
}

function resolveAuthorizationServer (issuer: string | undefined, credentials: ZitadelOptions['credentials'], address: string | undefined, path: string | undefined, env: NodeJS.ProcessEnv): Config['authorizationServer'] {
  const given = issuer ?? env['ZITADEL_ISSUER']
  if (!given) throw createOptionError(`option "issuer" (or the variable ZITADEL_ISSUER) is missing: it must be ${OPTION_CHECKS.issuer[1]}`)
  checkValue(given, OPTION_CHECKS.issuer, 'the variable "ZITADEL_ISSUER"')
  // Kept as it is written, a port of 443 and capital letters included: issuers are compared as strings (RFC 8414 section 3.3).
  const written = given.replace(/\/$/, '')
  return {
    issuer: written,
    endpoint: resolveIntrospectionEndpoint(written, address === undefined ? undefined : parseOrigin(address), path),
    credentials: resolveCredentials(credentials, env)
  }
}
