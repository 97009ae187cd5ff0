/**
 * The session in which ZITADEL issued a token: the claim `sid`, or the part of a `jti` such as `V2_123-at_456` before its
 * last hyphen, which is the id that ZITADEL's events name. Undefined for a personal access token.
 */
export function getSession ({ sid, jti }: { readonly sid?: unknown, readonly jti?: unknown }): string | undefined {
  if (typeof sid === 'string') return sid
  if (typeof jti !== 'string' || !jti.startsWith('V2_')) return undefined
  const end = jti.lastIndexOf('-at_')
  return end === -1 ? undefined : jti.slice(0, end)
}
