import { createOptionError } from '../errors.ts'
import { isScopeToken } from '../oauth/bearer.ts'
import { OPTION_CHECKS, checkOptions, type OptionCheck } from '../options/checks.ts'
import type { Config } from '../options/config.ts'
import { getIdentifierHint, isIdentifier } from '../options/credential-checks.ts'
import { getAudienceScope, isRoleScope, isZitadelScope } from '../zitadel/scopes.ts'

/** What a docs page needs for a login at ZITADEL. */
export interface OpenapiOptions {
  /** The client id of the application that the docs page logs in with: type "User Agent", authentication "None (PKCE)". */
  readonly clientId: string
  /**
   * The project of this API. The login requests its audience scope, without which ZITADEL accepts the token only if the
   * docs application is in the same project. Default: the option `projectId` of the plugin.
   */
  readonly projectId?: string | undefined
  /**
   * The scopes that are selected for the login, beside `openid` and the audience scope. Only ZITADEL's own: it drops others.
   * Default `['profile', 'email']`.
   */
  readonly scopes?: readonly string[] | undefined
  /** ZITADEL's public origin. Default: the issuer of the plugin. Needed only if the plugin has an `introspect` function and no option `issuer`. */
  readonly issuer?: string | undefined
  /** The path of the authorization endpoint. Default `/oauth/v2/authorize`. */
  readonly authorizationEndpoint?: string | undefined
  /** The path of the token endpoint. Default `/oauth/v2/token`. */
  readonly tokenEndpoint?: string | undefined
}

/** {@link OpenapiOptions}, checked and complete. */
export interface DocsSettings {
  readonly clientId: string
  /** Without a slash at the end. */
  readonly issuer: string
  readonly authorizationUrl: string
  readonly tokenUrl: string
  /** The scopes that each login needs. */
  readonly baseScopes: readonly string[]
  /** The scopes that are selected for the login, {@link baseScopes} included. */
  readonly selectedScopes: readonly string[]
}

/**
 * Checks the options of `app.zitadel.openapi()` and completes them from the config of the plugin.
 *
 * @throws ZitadelError `FST_ZITADEL_OPTION`
 */
export function createDocsSettings (options: OpenapiOptions, config: Config): DocsSettings {
  if (typeof options !== 'object' || options === null) throw createOptionError('zitadel.openapi(): the options must be an object { clientId, projectId, scopes }')
  const { issuer: issuerCheck, projectId: projectIdCheck, introspectionEndpoint: [isPath] } = OPTION_CHECKS
  const isLoginScope = (scope: unknown): boolean => typeof scope === 'string' && isScopeToken(scope) && !isRoleScope(scope) && (isZitadelScope(scope) || config.customScopes === 'scope')
  const checks: Readonly<Record<keyof OpenapiOptions, OptionCheck>> = {
    clientId: [isIdentifier, 'the client id of the application that the docs page logs in with, a non-empty string', getIdentifierHint],
    projectId: projectIdCheck,
    scopes: [(value) => Array.isArray(value) && Array.from(value).every(isLoginScope), "an array of ZITADEL's own scopes, such as 'profile': ZITADEL drops others silently, and roles need no scope"],
    issuer: issuerCheck,
    authorizationEndpoint: [isPath, 'a path such as /oauth/v2/authorize, without query or fragment'],
    tokenEndpoint: [isPath, 'a path such as /oauth/v2/token, without query or fragment']
  }
  checkOptions(options, checks, 'openapi.', { required: ['clientId'] })
  const { clientId, projectId = config.projectId, scopes = ['profile', 'email'], authorizationEndpoint = '/oauth/v2/authorize', tokenEndpoint = '/oauth/v2/token' } = options
  const issuer = (options.issuer ?? config.issuer)?.replace(/\/$/, '')
  if (issuer === undefined) throw createOptionError(`option "openapi.issuer" is missing: with an "introspect" function it must be ${issuerCheck[1]}`)
  const baseScopes = ['openid', ...projectId === undefined ? [] : [getAudienceScope(projectId)]]
  return Object.freeze({
    clientId,
    issuer,
    authorizationUrl: issuer + authorizationEndpoint,
    tokenUrl: issuer + tokenEndpoint,
    baseScopes,
    selectedScopes: [...new Set([...baseScopes, ...scopes])]
  })
}
