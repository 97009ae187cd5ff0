/** The key file of an application, as ZITADEL's console hands it out. */
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

/** An application to be registered; all of it can be left out. */
export interface ApiOptions {
  /** The project that the application belongs to; the stand-in's own by default. */
  projectId?: string
  /** Keys of roles that the project has, whether or not anybody holds them. Roles given to a token are added. */
  projectRoles?: string[]
  /** The project's setting "assert roles on authentication": `scope` then lists every role of the project. */
  assertRoles?: boolean
  /** An API (default), or an application that people log in to, which may revoke tokens. */
  kind?: 'api' | 'oidc'
  /** `false` for an application that has keys only. */
  secret?: boolean
}

export const apiOptionNames = { projectId: true, projectRoles: true, assertRoles: true, kind: true, secret: true } as const

/**
 * A registered application: its credentials, and what an administrator can do to it.
 *
 * @example
 * const newKey = await standIn.api.addKey() // rotation: give this one to the plugin, then
 * standIn.api.removeKey(standIn.api.key.keyId)
 */
export interface Api {
  readonly clientId: string
  /** Empty for an application without a secret. */
  readonly clientSecret: string
  /** Its first key. */
  readonly key: ApplicationKey
  readonly projectId: string
  /** Adds one more key. The old ones stay until they are removed or expire. */
  addKey (): Promise<ApplicationKey>
  /** From now on an assertion under this key id is answered 400 `unauthorized_client`. */
  removeKey (keyId: string): void
  /** As `removeKey`, by the passing of time: the key expires now. */
  expireKey (keyId: string): void
  /** Deactivates the application (its project or organisation: same effect). Its credentials are refused with 400. */
  deactivate (): void
  /** Undoes `deactivate`. */
  activate (): void
}
