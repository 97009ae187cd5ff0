import type { RouteRule } from '../guard/rules/route-rules.ts'
import { listAlternatives } from './access-alternatives.ts'
import type { DocsSettings } from './docs-settings.ts'

/** The name of the security scheme for the login. */
export const LOGIN_SCHEME = 'zitadel'
/** The name of the security scheme that names roles. OpenAPI 3.0 has no place for them. */
export const ROLES_SCHEME = 'zitadelRoles'

/** Names of schemes with their scopes or roles. All of them are required. */
export type SecurityRequirement = Readonly<Record<string, readonly string[]>>

/** The security of an operation. */
export interface OperationSecurity {
  readonly security: SecurityRequirement[]
  /**
   * Sets of roles, for OpenAPI 3.0. If there is one security requirement, each set is enough. Otherwise each security requirement
   * has its set, in the same order.
   */
  readonly 'x-zitadel-roles'?: ReadonlyArray<readonly string[]>
}

/**
 * Creates the security of a route that the guard protects. A login with the scopes of one requirement is enough, so each
 * contains the base scopes.
 *
 * @param hasRoles whether roles can be named in requirements: since OpenAPI 3.1
 * @param documented what the document of the route requires already, such as an API key: both are needed. Our schemes in it are ignored
 * @see {@link https://spec.openapis.org/oas/v3.1.0#security-requirement-object OpenAPI 3.1, Security Requirement Object}
 */
export function createSecurity ({ isOptional, requirement }: RouteRule, baseScopes: readonly string[], hasRoles: boolean, documented: readonly SecurityRequirement[] = []): OperationSecurity {
  const others = omitOurSchemes(documented)
  const alternatives = listAlternatives(requirement)
  const ours = alternatives.map(({ scopes, roles }): { readonly roles: readonly string[], readonly security: SecurityRequirement } => ({
    roles,
    security: { [LOGIN_SCHEME]: [...new Set([...baseScopes, ...scopes])], ...(hasRoles && roles.length > 0 && { [ROLES_SCHEME]: roles }) }
  }))
  const all = isOptional ? [{ roles: [], security: {} }, ...ours] : ours
  const combined = others.length === 0 ? all : all.flatMap(({ roles, security }) => others.map((other) => ({ roles, security: { ...other, ...security } })))
  const different = removeDuplicates(combined.map(({ security }) => security))
  if (hasRoles || alternatives.every(({ roles }) => roles.length === 0)) return { security: different }
  const pairs = removeDuplicates(combined)
  return { security: different.length === 1 ? different : pairs.map(({ security }) => security), 'x-zitadel-roles': pairs.map(({ roles }) => roles) }
}

function removeDuplicates<T> (values: readonly T[]): T[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()]
}

/** Removes our schemes from security requirements, and requirements without any other scheme. */
export function omitOurSchemes (documented: readonly SecurityRequirement[]): SecurityRequirement[] {
  return documented.map((requirement) => Object.fromEntries(Object.entries(requirement).filter(([name]) => name !== LOGIN_SCHEME && name !== ROLES_SCHEME)))
    .filter((requirement) => Object.keys(requirement).length > 0)
}

/**
 * Creates the scheme for the login: authorization code with PKCE.
 *
 * @param scopes all scopes that the page offers
 */
export function createLoginScheme ({ authorizationUrl, tokenUrl }: DocsSettings, scopes: Iterable<string>): object {
  return {
    type: 'oauth2',
    description: 'Login at ZITADEL.',
    flows: {
      authorizationCode: { authorizationUrl, tokenUrl, refreshUrl: tokenUrl, scopes: Object.fromEntries(Array.from(scopes, (scope) => [scope, describeScope(scope)])) }
    }
  }
}

/** Creates the scheme whose requirements name roles. It stands for the same access token as the login. */
export function createRolesScheme (): object {
  return { type: 'http', scheme: 'bearer', description: `The access token of the login (\`${LOGIN_SCHEME}\`). The requirements of this scheme name the roles that the caller must have.` }
}

const SCOPE_DESCRIPTIONS = new Map([
  ['openid', 'Log in'],
  ['profile', 'Name and other data of the profile'],
  ['email', 'Email address'],
  ['phone', 'Phone number'],
  ['address', 'Postal address'],
  ['offline_access', 'A refresh token'],
  ['urn:zitadel:iam:user:metadata', 'Metadata of the user'],
  ['urn:zitadel:iam:user:resourceowner', 'Organization of the user']
])

function describeScope (scope: string): string {
  return SCOPE_DESCRIPTIONS.get(scope) ?? (scope.endsWith(':aud') ? 'Access to this API' : scope)
}
