/** What the `jti` of each token starts with that belongs to a session. */
const JTI_PREFIX = 'V2_'

/**
 * Every token of ZITADEL that is not a personal access token belongs to an OIDC session. The client id is no evidence: an
 * Action can add one to any response, but it cannot set `jti`.
 */
export function isSessionToken (jti: unknown): jti is string {
  return typeof jti === 'string' && jti.startsWith(JTI_PREFIX)
}

/** Whether the `jti` is that of a personal access token: a plain number. Other servers than ZITADEL have other forms of `jti`. */
export function isPersonalAccessToken (jti: unknown): boolean {
  return typeof jti === 'string' && /^\d+$/.test(jti)
}

/**
 * The session in which ZITADEL issued a token: the part of a `jti` such as `V2_123-at_456` before `-at_`, which is the id
 * that ZITADEL's events name. Undefined for a personal access token.
 */
export function getSession (jti: unknown): string | undefined {
  if (!isSessionToken(jti)) return undefined
  const end = jti.lastIndexOf('-at_')
  return end === -1 ? undefined : jti.slice(0, end)
}
