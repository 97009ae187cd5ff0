import { checkOptions, createPathCheck, type OptionCheck } from './checks.ts'
import { getIdentifierHint, isIdentifier } from './credential-checks.ts'
import type { BackChannelLogoutOptions } from './logout-options.ts'

/** The checked option `backChannelLogout`. */
export interface LogoutConfig {
  readonly path: string
  readonly clientIds: readonly string[]
}

const MAX_CLIENTS = 100

const LOGOUT_CHECKS: Readonly<Record<keyof BackChannelLogoutOptions, OptionCheck>> = {
  path: createPathCheck('/zitadel/logout'),
  clientId: [
    (value) => isIdentifier(value) || (Array.isArray(value) && value.length > 0 && value.length <= MAX_CLIENTS && Array.from(value).every(isIdentifier)),
    `the client id of an OIDC application, or an array of 1 to ${MAX_CLIENTS}`,
    getIdentifierHint
  ]
}

/**
 * Checks the option `backChannelLogout`.
 *
 * @throws ZitadelError `FST_ZITADEL_OPTION`
 */
export function resolveLogout (options: BackChannelLogoutOptions): LogoutConfig {
  checkOptions(options, LOGOUT_CHECKS, 'backChannelLogout.', { required: ['path', 'clientId'] })
  return Object.freeze({ path: options.path, clientIds: Object.freeze([options.clientId].flat()) })
}
