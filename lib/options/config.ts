import { createOptionError } from '../errors.ts'
import { describeUnknownVariables, resolveCredentials, type CredentialsProvider } from './credentials.ts'
import { isKeyedObject } from '../keyed-object.ts'
import { CACHE_CHECKS, OPTION_CHECKS, FASTIFY_KEYS, LIMITS_CHECKS, checkOptions, checkValue } from './checks.ts'
import { parseOrigin } from './origin-checks.ts'
import type { CacheOptions, LimitOptions, ZitadelOptions } from './plugin-options.ts'
import { resolveEvents, type EventsConfig } from './events-config.ts'
import { resolveLogout, type LogoutConfig } from './logout-config.ts'
import { resolveResources, type Resource } from './resource-config.ts'
import { resolveProxy, type ProxyConfig } from './proxy-config.ts'
import { resolveSharedCache, SHARED_CACHE_CHECKS, type SharedCacheConfig } from './shared-cache-config.ts'
import { resolveIntrospectionEndpoint, type Endpoint } from '../zitadel/endpoints.ts'
import { omitUndefined } from './omit-undefined.ts'

/** The defaults of `cache.maxBytes`: in all, and for each verdict if `cache.max` is large. */
const DEFAULT_CACHE_BYTES = 96 * 1024 * 1024
const DEFAULT_VERDICT_BYTES = 8192

/** The option `cache` with defaults. With `cache: false`, `isEnabled` is false and no verdict is kept. */
export type CacheConfig = { readonly [K in keyof Required<Omit<CacheOptions, 'shared'>>]: Exclude<CacheOptions[K], undefined> } & {
  readonly isEnabled: boolean
  readonly shared: SharedCacheConfig | undefined
}

/** The default of `cache.max`. */
const DEFAULT_MAX_VERDICTS = 10_000

/** `max` also bounds the known tokens, which are kept without a cache too. */
const NO_CACHE: CacheConfig = Object.freeze({ isEnabled: false, ttl: 0, inactiveTtl: 0, max: DEFAULT_MAX_VERDICTS, maxBytes: 1, refreshAhead: false, shared: undefined })

/** The options, checked and completed with defaults. */
export interface Config extends Readonly<Pick<ZitadelOptions, 'dispatcher' | 'tokenFrom' | 'unmatched' | 'projectId' | 'realm' | 'introspect'>> {
  /** Undefined if the option `introspect` is given. */
  readonly authorizationServer: { readonly issuer: string, readonly endpoint: Endpoint, readonly credentials: CredentialsProvider, readonly proxy: ProxyConfig | undefined } | undefined
  readonly cache: CacheConfig
  readonly timeout: number
  readonly retry: boolean
  readonly breaker: boolean
  readonly limits: { readonly [K in keyof Required<LimitOptions>]: LimitOptions[K] } & { readonly concurrent: number, readonly queue: number }
  readonly staleIfError: number
  /** Undefined: in the background. */
  readonly verifyOnStart: boolean | undefined
  readonly customScopes: 'roles' | 'scope'
  readonly undeclaredRoutes: NonNullable<ZitadelOptions['undeclaredRoutes']>
  readonly personalAccessTokens: boolean
  readonly publishSub: boolean
  readonly clients: ReadonlySet<string> | undefined
  readonly resources: readonly Resource[]
  readonly events: EventsConfig | undefined
  readonly backChannelLogout: LogoutConfig | undefined
  /** The issuer that clients get tokens from; undefined if `introspect` is given without it. */
  readonly issuer: string | undefined
}

/**
 * Creates the configuration from options and environment. An option overrides the environment.
 *
 * @param given as the app has written them
 * @param env environment variables
 * @param versions the runtime, as in `process.versions`
 * @throws ZitadelError `FST_ZITADEL_OPTION`, which names the option and the expected value, never the given one
 */
export function createConfig (given: ZitadelOptions, env: NodeJS.ProcessEnv, versions: NodeJS.Dict<string> = process.versions): Config {
  if (!isKeyedObject(given)) throw createOptionError('the options must be an object: a promise must be awaited first, and an array or a Map has no options')
  checkOptions(given, OPTION_CHECKS, '', { known: FASTIFY_KEYS })
  const options = omitUndefined(given)
  if (versions['bun'] !== undefined && options.introspect === undefined && options.dispatcher === undefined) {
    throw createOptionError('Bun replaces the package undici by one that cannot send the requests of fastify-zitadel: run the server with Node.js, or give the option "introspect" with a function that sends the request')
  }
  if (options.cache) checkOptions(options.cache, CACHE_CHECKS, 'cache.')
  const shared = options.cache ? options.cache.shared : undefined
  if (shared !== undefined) checkOptions(shared, SHARED_CACHE_CHECKS, 'cache.shared.', { required: ['client'] })
  if (options.limits) checkOptions(options.limits, LIMITS_CHECKS, 'limits.')
  const { issuer, credentials, address, introspectionEndpoint, cache, limits, clients, resource, events, backChannelLogout, ...rest } = options
  const authorizationServer = options.introspect === undefined ? resolveAuthorizationServer(options, env) : undefined
  const resources = resource === undefined ? [] : resolveResources(resource, options.projectId)
  if (resources.length > 0 && authorizationServer === undefined && issuer === undefined) throw createOptionError('option "resource" needs "issuer", also with "introspect": clients must know where to get a token')
  if (backChannelLogout !== undefined && authorizationServer === undefined) throw createOptionError('option "backChannelLogout" needs the keys of ZITADEL: it cannot be given together with "introspect"')
  const isSamePath = events?.path !== undefined && events.path === backChannelLogout?.path
  if (isSamePath) throw createOptionError('options "events.path" and "backChannelLogout.path" must be different paths')
  return Object.freeze(Object.assign(Object.create(null), {
    timeout: 3000,
    retry: true,
    breaker: true,
    staleIfError: 0,
    verifyOnStart: undefined,
    customScopes: 'roles',
    undeclaredRoutes: 'protected',
    personalAccessTokens: true,
    publishSub: false,
    ...rest,
    cache: cache === false ? NO_CACHE : resolveCache(cache),
    limits: Object.freeze({ concurrent: 32, queue: 4000, perSecond: undefined, ...omitUndefined(limits ?? {}) }),
    clients: clients && new Set(clients),
    resources,
    events: events && resolveEvents(events),
    backChannelLogout: backChannelLogout && resolveLogout(backChannelLogout),
    issuer: authorizationServer?.issuer ?? issuer?.replace(/\/$/, ''),
    authorizationServer
  } satisfies Config))
}

function resolveCache (cache: CacheOptions = {}): CacheConfig {
  const { max = DEFAULT_MAX_VERDICTS, shared, ...rest } = omitUndefined(cache)
  const maxBytes = Math.max(DEFAULT_CACHE_BYTES, max * DEFAULT_VERDICT_BYTES)
  return Object.freeze({ isEnabled: true, ttl: 30, inactiveTtl: 5, max, maxBytes, refreshAhead: true, ...rest, shared: shared && resolveSharedCache(shared) })
}

function resolveAuthorizationServer ({ issuer, credentials, address, introspectionEndpoint, dispatcher }: ZitadelOptions, env: NodeJS.ProcessEnv): Config['authorizationServer'] {
  const given = issuer ?? env['ZITADEL_ISSUER']
  if (!given) throw createOptionError(`option "issuer" (or the variable ZITADEL_ISSUER) is missing: it must be ${OPTION_CHECKS.issuer[1]}${describeUnknownVariables(env)}`, 'issuer_missing')
  checkValue(given, OPTION_CHECKS.issuer, 'the variable "ZITADEL_ISSUER"')
  // Kept as it is written, a port of 443 and capital letters included: issuers are compared as strings (RFC 8414 section 3.3).
  const written = given.replace(/\/$/, '')
  const endpoint = resolveIntrospectionEndpoint(written, address === undefined ? undefined : parseOrigin(address), introspectionEndpoint)
  return {
    issuer: written,
    endpoint,
    credentials: resolveCredentials(credentials, env),
    proxy: dispatcher === undefined ? resolveProxy(endpoint.origin, env) : undefined
  }
}
