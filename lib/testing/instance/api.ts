import { SWITCH, TEXT, TEXTS, createChoiceCheck, type ValueChecks } from '../options/option-values.ts'

/** The key file of an application, in the form that the console of ZITADEL downloads. */
export interface ApplicationKey {
  type: 'application'
  /** The `kid` of assertions. */
  keyId: string
  /** RSA, 2048 bit, PEM in PKCS#1. */
  key: string
  appId: string
  /** The `iss` and `sub` of assertions. */
  clientId: string
}

/** An application to register. Every option has a default. */
export interface ApiOptions {
  /** The project of the application. Default: `projectId` of the stand-in. */
  projectId?: string | undefined
  /** Role keys of the project, granted or not. The roles of a token are added to them. Default none. */
  projectRoles?: string[] | undefined
  /** The setting "assert roles on authentication" of the project: `scope` of a person's new token then lists every role of the project. */
  assertRoles?: boolean | undefined
  /** `api` (default), or `oidc`: an application for logins, which can revoke tokens. */
  kind?: 'api' | 'oidc' | undefined
  /** Default true. `false`: the application has keys only. */
  secret?: boolean | undefined
}

export const API_OPTION_CHECKS: ValueChecks<ApiOptions> = { projectId: TEXT, projectRoles: TEXTS, assertRoles: SWITCH, kind: createChoiceCheck('api', 'oidc'), secret: SWITCH }

/**
 * A registered application: its credentials, and the actions of an administrator.
 *
 * @example
 * const newKey = await standIn.api.addKey() // rotation: give the new key to the plugin, then
 * standIn.api.removeKey(standIn.api.key.keyId)
 */
export interface Api {
  readonly clientId: string
  /** Empty if the application has no secret. */
  readonly clientSecret: string
  /** The first key. */
  readonly key: ApplicationKey
  readonly projectId: string
  /** Adds a key. The old keys stay valid until they are removed or expire. */
  addKey (): Promise<ApplicationKey>
  /**
   * Removes a key: an assertion with this key id gets 400 `unauthorized_client` from now on.
   *
   * @throws TypeError if the application has no such key
   */
  removeKey (keyId: string): void
  /**
   * Sets the expiry of a key to now. The effect on assertions is that of `removeKey`.
   *
   * @throws TypeError if the application has no such key
   */
  expireKey (keyId: string): void
  /** Deactivates the application: its credentials get 400. Deactivation of its project has the same effect. */
  deactivate (): void
  /** Reverts `deactivate`. */
  activate (): void
}
