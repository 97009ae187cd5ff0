/** The key file of an application, as ZITADEL's console hands it out. The key is RSA, PEM in PKCS#1. */
export interface ApplicationKey {
  type: 'application'
  keyId: string
  key: string
  appId: string
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

/** A registered application: its credentials, and what an administrator can do to it. */
export interface Api {
  readonly clientId: string
  /** Empty for an application without a secret. */
  readonly clientSecret: string
  readonly key: ApplicationKey
  readonly projectId: string
  /** Adds one more key. The old ones stay until they are removed or expire. */
  addKey(): Promise<ApplicationKey>
  /** From now on an assertion under this key id is answered 400 `unauthorized_client`. */
  removeKey(keyId: string): void
  /** As `removeKey`, by the passing of time: the key expires now. */
  expireKey(keyId: string): void
  /** Deactivates the application (its project or organisation: same effect). Its credentials are refused with 400. */
  deactivate(): void
  activate(): void
}
