import { createOptionError } from '../errors.ts'
import { isPrintableAscii, isScopeToken } from '../oauth/bearer.ts'
import { getResourceMetadataUrl } from '../oauth/protected-resource.ts'
import { isLoopback } from '../plain-http.ts'
import { getAudienceScope, isRoleScope } from '../zitadel/scopes.ts'
import { checkOptions, type OptionCheck } from './checks.ts'
import type { ResourceOptions } from './resource-options.ts'

/** A protected resource, checked and complete. */
export interface Resource {
  /** As configured: clients compare it as a string. */
  readonly url: string
  /** The path that routes are compared with, without a slash at the end: '' for an origin. */
  readonly path: string
  readonly metadataUrl: string
  /** What clients must request for a token that is active for this API. */
  readonly scopes: readonly string[]
  readonly name: string | undefined
  readonly documentation: string | undefined
  readonly personalAccessTokens: boolean
}

const URL_FORM = 'a URL in canonical spelling, such as https://api.acme.example/mcp: https (http only on loopback), lower-case host, path segments of letters, digits and -._~@+, without query, fragment and user info'

const RESOURCE_CHECKS: Readonly<Record<keyof ResourceOptions, OptionCheck>> = {
  url: [isResourceUrl, URL_FORM],
  scopes: [
    (value) => Array.isArray(value) && Array.from(value).every((scope) => typeof scope === 'string' && isScopeToken(scope) && !isRoleScope(scope) && scope !== 'offline_access'),
    'an array of scope-tokens, without role scopes and offline_access'
  ],
  name: [(value) => typeof value === 'string' && value.trim() !== '' && isPrintableAscii(value), 'a non-empty string of printable ASCII'],
  documentation: [(value) => typeof value === 'string' && /^https?:\/\/[\x21-\x7E]+$/.test(value) && URL.canParse(value), 'an http or https URL'],
  personalAccessTokens: [(value) => typeof value === 'boolean', 'true or false']
}

/**
 * Checks the option `resource` and completes it.
 *
 * @param given as the option has it: one or several, each a URL or an object
 * @returns the longest path first, so that the first one that contains a route is the right one
 * @throws ZitadelError `FST_ZITADEL_OPTION`
 */
export function resolveResources (given: unknown, projectId: string | undefined): readonly Resource[] {
  if (projectId !== undefined && !isScopeToken(projectId)) throw createOptionError('option "projectId" must be printable ASCII without space, quote and backslash beside "resource": the metadata makes clients request a scope that contains it')
  const resources = [given].flat().map((one, index) => resolveResource(one, Array.isArray(given) ? `resource[${index}]` : 'resource', projectId))
  const paths = new Set(resources.map(({ path }) => path))
  if (paths.size < resources.length) throw createOptionError('option "resource" must name resources with different paths: the path distinguishes their metadata')
  return Object.freeze(resources.sort((a, b) => b.path.length - a.path.length))
}

function resolveResource (given: unknown, name: string, projectId: string | undefined): Resource {
  if (typeof given === 'string') {
    if (!isResourceUrl(given)) throw createOptionError(`option "${name}" must be ${URL_FORM}`)
    return toResource({ url: given }, projectId)
  }
  if (typeof given !== 'object' || given === null) throw createOptionError(`option "${name}" must be a URL or an object { url, scopes, name, documentation, personalAccessTokens }`)
  checkOptions(given, RESOURCE_CHECKS, `${name}.`, { required: ['url'] })
  return toResource(given as ResourceOptions, projectId)
}

function toResource ({ url, scopes = [], name, documentation, personalAccessTokens = false }: ResourceOptions, projectId: string | undefined): Resource {
  const audience = projectId === undefined ? [] : [getAudienceScope(projectId)]
  return Object.freeze({
    url,
    path: new URL(url).pathname.replace(/\/$/, ''),
    metadataUrl: getResourceMetadataUrl(url),
    scopes: Object.freeze([...new Set(['openid', ...audience, ...scopes])]),
    name,
    documentation,
    personalAccessTokens
  })
}

/** Canonical, so that the text, the parsed URL and the path of a route are the same string. */
function isResourceUrl (value: unknown): boolean {
  if (typeof value !== 'string' || !/^https?:\/\/[^/]+(\/[\w\-.~@+]+)*\/?$/.test(value) || !URL.canParse(value)) return false
  const { href, protocol, hostname, username, password } = new URL(value)
  return (href === value || href === `${value}/`) && username === '' && password === '' && (protocol === 'https:' || isLoopback(hostname))
}
