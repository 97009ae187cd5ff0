import { wrongOption } from './errors.ts'
import { isQuotable } from './oauth/bearer.ts'
import { readCredentials, type CredentialsSource } from './credentials.ts'
import { INTROSPECTION_PATH, introspectionEndpoint, isLoopback, type Endpoint } from './zitadel/endpoints.ts'
import type { CacheOptions, ZitadelOptions } from './options.ts'

/** Everything that the rooms need to know, checked and complete. */
export interface Config extends Readonly<Pick<ZitadelOptions, 'dispatcher' | 'tokenFrom' | 'projectId' | 'realm' | 'introspect'>> {
  /** Undefined where `introspect` stands in. */
  readonly server: { readonly issuer: string, readonly endpoint: Endpoint, readonly credentials: CredentialsSource } | undefined
  readonly cache: false | Required<{ [K in keyof CacheOptions]: number }>
  readonly timeout: number
  readonly retry: boolean
  readonly customScopes: 'roles' | 'scope'
  readonly undeclaredRoutes: NonNullable<ZitadelOptions['undeclaredRoutes']>
  readonly personalAccessTokens: boolean
  readonly clients: ReadonlySet<string> | undefined
}

type Check = readonly [(value: unknown) => boolean, expected: string]

const isText = (value: unknown): value is string => typeof value === 'string' && value.trim() !== ''
const isFunction = (value: unknown): boolean => typeof value === 'function'
const isSeconds = (value: unknown): boolean => typeof value === 'number' && Number.isFinite(value) && value >= 0
const wholeFrom1To = (most: number) => (value: unknown): boolean => Number.isInteger(value) && (value as number) >= 1 && (value as number) <= most
const oneOf = (...words: unknown[]) => (value: unknown): boolean => words.includes(value)

const CHECKS: Readonly<Record<keyof ZitadelOptions, Check>> = {
  issuer: [(value) => isText(value) && isIssuer(value), "ZITADEL's public origin: https (http only on loopback), without path, query, fragment or user info"],
  credentials: [(value) => typeof value === 'object' && value !== null, 'an object: { keyFile }, { key }, { clientId, clientSecret } or { clientId, keyId, alg, sign }'],
  address: [(value) => isText(value) && originOf(value) !== undefined, 'an http or https origin, without path, query, fragment or user info'],
  introspectionEndpoint: [(value) => isText(value) && /^\/(?!\/)[\x21\x24-\x3E\x40-\x7E]*$/.test(value), `a path such as ${INTROSPECTION_PATH}, without query or fragment`],
  dispatcher: [(value) => isFunction((value as { request?: unknown } | null)?.request), 'an undici Dispatcher (Agent, Pool, ProxyAgent ...)'],
  cache: [(value) => value === false || (typeof value === 'object' && value !== null && !Array.isArray(value)), 'false or an object { ttl, inactiveTtl, max }'],
  timeout: [wholeFrom1To(2 ** 31 - 1), 'a whole number of milliseconds, at least 1'],
  retry: [oneOf(true, false), 'true or false'],
  customScopes: [oneOf('roles', 'scope'), "'roles' or 'scope'"],
  undeclaredRoutes: [(value) => isFunction(value) || oneOf('protected', 'public', 'refused')(value), "'protected', 'public', 'refused' or a function of the route's options"],
  personalAccessTokens: [oneOf(true, false), 'true or false'],
  tokenFrom: [isFunction, 'a function of the request'],
  clients: [(value) => Array.isArray(value) && value.length > 0 && Array.from(value).every(isText), 'a non-empty array of client ids'],
  projectId: [isText, 'the id of a project, a non-empty string'],
  realm: [(value) => isText(value) && isQuotable(value), 'a non-empty string of printable ASCII'],
  introspect: [isFunction, 'a function of the token']
}

const CACHE_CHECKS: Readonly<Record<keyof CacheOptions, Check>> = {
  ttl: [isSeconds, 'a number of seconds, at least 0'],
  inactiveTtl: [isSeconds, 'a number of seconds, at least 0'],
  max: [wholeFrom1To(1_000_000), 'a whole number of verdicts, from 1 to 1,000,000']
}

/** What Fastify itself reads from a plugin's options. */
const FASTIFY_KEYS = ['logLevel', 'logSerializers']

/**
 * The configuration that options and environment give. An option wins over the environment.
 *
 * @throws ZitadelError `FST_ZITADEL_OPTION`, naming the option and what was expected, never what was given
 */
export function configure (options: ZitadelOptions, env: NodeJS.ProcessEnv): Config {
  check(options, CHECKS, '', FASTIFY_KEYS)
  if (options.cache) check(options.cache, CACHE_CHECKS, 'cache.')
  const { issuer, credentials, address, introspectionEndpoint: path, cache, clients, ...rest } = withoutUndefined(options)
  return Object.freeze({
    timeout: 3000,
    retry: true,
    customScopes: 'roles',
    undeclaredRoutes: 'protected',
    personalAccessTokens: true,
    ...rest,
    cache: cache === false ? false : Object.freeze({ ttl: 30, inactiveTtl: 5, max: 10_000, ...withoutUndefined(cache ?? {}) }),
    clients: clients && new Set(clients),
    server: options.introspect === undefined ? serverOf(issuer, credentials, address, path, env) : undefined
  })
}

function check (given: object, checks: Readonly<Record<string, Check>>, prefix: string, known: readonly string[] = []): void {
  for (const [name, value] of Object.entries(given)) {
    if (known.includes(name)) continue
    if (!Object.hasOwn(checks, name)) throw wrongOption(`unknown option "${prefix}${name}": expected one of ${Object.keys(checks).join(', ')}`)
    const [passes, expected] = checks[name]!
    if (value !== undefined && !passes(value)) throw wrongOption(`option "${prefix}${name}" must be ${expected}`)
  }
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

function originOf (value: string): string | undefined {
  const url = URL.canParse(value) ? new URL(value) : undefined
  // Compared as written: the parser drops an empty query or fragment, and dots in a path.
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:') || url.username !== '' || url.password !== '') return undefined
  return /^https?:\/\/[^\s/?#\\@]+\/?$/i.test(value) ? url.origin : undefined
}

function isIssuer (value: string): boolean {
  const origin = originOf(value)
  if (origin === undefined) return false
  const { protocol, hostname } = new URL(origin)
  return protocol === 'https:' || isLoopback(hostname)
}
