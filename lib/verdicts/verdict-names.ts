import type { VerdictTarget } from '../zitadel/verdict-target.ts'

/** What to forget: one token (and all tokens with its `jti`), all tokens of a user, or all tokens with one `jti`. */
export type Forgettable = { readonly token: string } | { readonly sub: string } | { readonly jti: string }

/** What a verdict can be found by, beside its key. */
export interface VerdictNames {
  readonly sub: string | undefined
  readonly jti: string | undefined
  readonly session: string | undefined
  /** A claim of the token: another name of its session. */
  readonly sid: string | undefined
}

/**
 * Lists the names under which verdicts are indexed, each with a letter for its kind. A target without a name applies to all.
 *
 * @param key the key of a verdict, undefined to leave it out
 */
export function listNames ({ sub, jti, session, sid }: Partial<VerdictNames>, key?: string): string[] {
  const names: string[] = []
  if (key !== undefined) names.push(`k${key}`)
  if (sub !== undefined) names.push(`s${sub}`)
  if (jti !== undefined) names.push(`j${jti}`)
  if (session !== undefined) names.push(`o${session}`)
  if (sid !== undefined) names.push(`o${sid}`)
  return names
}

/** Lists the names that a target applies to; undefined if it applies to all verdicts. */
export function listTargetNames (target: VerdictTarget): string[] | undefined {
  return 'all' in target ? undefined : listNames(target, 'key' in target ? target.key : undefined)
}
