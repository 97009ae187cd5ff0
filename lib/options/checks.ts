import { createOptionError, type OptionProblem } from '../errors.ts'
import { isKeyedObject } from '../keyed-object.ts'
import { isPrintableAscii } from '../oauth/bearer.ts'
import { getIdentifierHint, isIdentifier } from './credential-checks.ts'
import { CREDENTIAL_FORMS_TEXT } from './credentials.ts'
import { ROUTE_KEYS } from './route-options.ts'
import { suggestName } from './suggest-name.ts'
import { findHiddenKey } from './own-keys.ts'
import type { CacheOptions, LimitOptions, ZitadelOptions } from './plugin-options.ts'
import { getAddressHint, getIssuerHint, isIssuer, parseOrigin } from './origin-checks.ts'
import { INTROSPECTION_PATH } from '../zitadel/endpoints.ts'

/** Whether a value is valid, the expected value for messages, and a hint about an invalid value (no part of the value), and the word for the doctor. */
export type OptionCheck = readonly [isValid: (value: unknown) => boolean, expected: string, hint?: (value: unknown) => string, problem?: OptionProblem]

const isNonEmptyString = (value: unknown): value is string => typeof value === 'string' && value.trim() !== ''
const isFunction = (value: unknown): boolean => typeof value === 'function'
const isNonNegativeNumber = (value: unknown): boolean => Number.isFinite(value) && (value as number) >= 0
export const isIntegerBetween = (least: number, most: number) => (value: unknown): boolean => Number.isInteger(value) && (value as number) >= least && (value as number) <= most
const isOneOf = (...words: unknown[]) => (value: unknown): boolean => words.includes(value)

export const OPTION_CHECKS: Readonly<Record<keyof ZitadelOptions, OptionCheck>> = {
  issuer: [(value) => isNonEmptyString(value) && isIssuer(value), "ZITADEL's public origin: https (http only on loopback), without path, query, fragment or user info", getIssuerHint, 'issuer_malformed'],
  credentials: [(value) => typeof value === 'object' && value !== null, `an object: ${CREDENTIAL_FORMS_TEXT}`],
  address: [(value) => isNonEmptyString(value) && parseOrigin(value) !== undefined, 'an http or https origin, without path, query, fragment or user info', getAddressHint],
  introspectionEndpoint: [(value) => isNonEmptyString(value) && /^\/(?!\/)[\x21\x24-\x3E\x40-\x7E]*$/.test(value), `a path such as ${INTROSPECTION_PATH}, without query or fragment`],
  dispatcher: [(value) => isFunction((value as { request?: unknown } | null)?.request), 'a Dispatcher of undici 6, 7 or 8 (Agent, Pool, ProxyAgent ...)'],
  cache: [(value) => value === false || isKeyedObject(value), 'false or an object { ttl, inactiveTtl, max, maxBytes, refreshAhead, shared }'],
  timeout: [isIntegerBetween(1, 2 ** 31 - 1), 'a whole number of milliseconds, at least 1'],
  retry: [isOneOf(true, false), 'true or false'],
  breaker: [isOneOf(true, false), 'true or false'],
  staleIfError: [isNonNegativeNumber, 'a number of seconds, at least 0'],
  limits: [isKeyedObject, 'an object { concurrent, queue, perSecond }'],
  verifyOnStart: [isOneOf(true, false), 'true or false'],
  customScopes: [isOneOf('roles', 'scope'), "'roles' or 'scope'"],
  undeclaredRoutes: [(value) => isFunction(value) || isOneOf('protected', 'public', 'refused')(value), "'protected', 'public', 'refused' or a function of the route's options"],
  unmatched: [isOneOf('open', 'protected'), "'open' or 'protected'"],
  personalAccessTokens: [isOneOf(true, false), 'true or false'],
  publishSub: [isOneOf(true, false), 'true or false'],
  tokenFrom: [isFunction, 'a function of the request'],
  clients: [(value) => Array.isArray(value) && value.length > 0 && Array.from(value).every(isIdentifier), 'a non-empty array of client ids', getIdentifierHint],
  projectId: [isIdentifier, 'the id of a project, a non-empty string', getIdentifierHint],
  resource: [
    (value) => isNonEmptyString(value) || (typeof value === 'object' && value !== null && !(Array.isArray(value) && value.length === 0)),
    'a URL, an object { url, scopes, name, documentation, personalAccessTokens }, or a non-empty array of these'
  ],
  events: [isKeyedObject, 'an object { path, signingKey, signingKeys, instanceId }'],
  backChannelLogout: [isKeyedObject, 'an object { path, clientId }'],
  realm: [(value) => isNonEmptyString(value) && isPrintableAscii(value), 'a non-empty string of printable ASCII'],
  introspect: [isFunction, 'a function of the token']
}

export const CACHE_CHECKS: Readonly<Record<keyof CacheOptions, OptionCheck>> = {
  ttl: [isNonNegativeNumber, 'a number of seconds, at least 0'],
  inactiveTtl: [isNonNegativeNumber, 'a number of seconds, at least 0'],
  max: [isIntegerBetween(1, 1_000_000), 'a whole number of verdicts, from 1 to 1,000,000'],
  maxBytes: [(value) => Number.isSafeInteger(value) && (value as number) >= 1, 'a whole number of bytes, at least 1'],
  refreshAhead: [isOneOf(true, false), 'true or false'],
  shared: [isKeyedObject, 'an object { client, key, prefix, deadline, wait }']
}

export const LIMITS_CHECKS: Readonly<Record<keyof LimitOptions, OptionCheck>> = {
  concurrent: [isIntegerBetween(1, 10_000), 'a whole number of concurrent introspections, from 1 to 10,000'],
  queue: [isIntegerBetween(0, 1_000_000), 'a whole number of waiting introspections, from 0 to 1,000,000'],
  perSecond: [(value) => isNonNegativeNumber(value) && (value as number) >= 1, 'a number of introspections a second, at least 1']
}

/** Options of `register` that belong to Fastify and its loaders. */
export const FASTIFY_KEYS = ['prefix', 'logLevel', 'logSerializers', 'skipOverride']

/** The right place of an option that is given in the wrong place. */
const NESTED_OPTIONS = new Map([
  ...Object.keys(CACHE_CHECKS).map((name) => [name, `cache.${name}`] as const),
  ...Object.keys(LIMITS_CHECKS).map((name) => [name, `limits.${name}`] as const),
  ...['keyFile', 'key', 'clientId', 'clientSecret', 'keyId', 'alg', 'sign'].map((name) => [name, `credentials.${name}`] as const)
])

interface NameLists {
  /** Further names that are accepted and not checked. */
  readonly known?: readonly string[]
  /** Names that must be given. */
  readonly required?: readonly string[]
}

/**
 * Rejects options that are unknown, wrong or not own properties. An option that is undefined counts as not given.
 *
 * @param prefix the path to the options, such as `cache.`
 * @throws ZitadelError `FST_ZITADEL_OPTION`
 */
export function checkOptions (given: object, checks: Readonly<Record<string, OptionCheck>>, prefix: string, { known = [], required = [] }: NameLists = {}): void {
  checkOwnOptions(given, checks, prefix)
  for (const [name, value] of Object.entries(given)) {
    if (known.includes(name)) continue
    if (!Object.hasOwn(checks, name)) throw createOptionError(`unknown option "${prefix}${name}"${describeExpected(name, Object.keys(checks), prefix)}`)
    if (value !== undefined) checkValue(value, checks[name]!, `option "${prefix}${name}"`)
  }
  for (const name of required) if ((given as Readonly<Record<string, unknown>>)[name] === undefined) throw createOptionError(`option "${prefix}${name}" is missing: it must be ${checks[name]![1]}`)
}

/**
 * @param name what the message of an error starts with
 * @throws ZitadelError `FST_ZITADEL_OPTION`
 */
export function checkValue (value: unknown, [isValid, expected, getHint, problem]: OptionCheck, name: string): void {
  if (!isValid(value)) throw createOptionError(`${name} must be ${expected}${getHint?.(value) ?? ''}`, problem)
}

/**
 * Rejects options that would be ignored because they are inherited or not enumerable.
 *
 * @throws ZitadelError `FST_ZITADEL_OPTION`
 */
function checkOwnOptions (given: object, checks: Readonly<Record<string, OptionCheck>>, prefix: string): void {
  const hidden = findHiddenKey(given, (name) => Object.hasOwn(checks, name))
  if (hidden !== undefined) throw createOptionError(`option "${prefix}${hidden}" must be an own, enumerable property of the options: an inherited one, or a getter of a class, would be ignored`)
}

function describeExpected (name: string, names: readonly string[], prefix: string): string {
  if (prefix === '' && ROUTE_KEYS.includes(name)) return `: it belongs into the config of a route, as in app.get(path, { config: { ${name}: ... } }, handler)`
  const meant = prefix === '' ? NESTED_OPTIONS.get(name) ?? suggestName(name, names) : suggestName(name, names)
  const expected = `one of ${names.join(', ')}`
  return meant === undefined ? `: expected ${expected}` : `, did you mean "${meant.includes('.') ? meant : prefix + meant}"? Expected ${expected}`
}

/** Creates the check of the path of a route that ZITADEL sends requests to. */
export function createPathCheck (example: string): OptionCheck {
  return [(value) => typeof value === 'string' && /^\/[A-Za-z0-9._~/-]*$/.test(value), `a path such as ${example}, without parameters`]
}
