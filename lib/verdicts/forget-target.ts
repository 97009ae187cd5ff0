import { getSession } from '../zitadel/session.ts'
import type { VerdictMatcher } from './verdict-cache.ts'
import type { ForgetEvent } from '../shared-cache/forget-messages.ts'

/** What to forget: one token (and whatever shares its `jti`), all tokens of a user, or all with one `jti`. */
export type Forgettable = { readonly token: string } | { readonly sub: string } | { readonly jti: string }

/** Which remembered verdicts are meant. */
export function createForgetMatcher (forgotten: Exclude<ForgetEvent, { readonly all: true }>): VerdictMatcher {
  if ('sub' in forgotten) return (verdict) => verdict.sub === forgotten.sub
  if ('session' in forgotten) return ({ jti }) => getSession({ jti }) === forgotten.session
  const { jti } = forgotten
  const meant = 'key' in forgotten ? forgotten.key : undefined
  return (verdict, key) => key === meant || (jti !== undefined && verdict.jti === jti)
}
