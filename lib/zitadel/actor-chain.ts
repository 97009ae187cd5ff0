/**
 * Whether the claim names every actor. If it does not, a handler that denies actors would treat an actor as the user.
 * A loop, because a hostile chain can be deeper than the stack.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc8693#section-4.1 RFC 8693 section 4.1}
 */
export function isValidActorChain (claim: unknown): boolean {
  for (let actor = claim ?? undefined; actor !== undefined; actor = (actor as { act?: unknown }).act ?? undefined) {
    if (typeof actor !== 'object') return false
    const { sub, iss } = actor as { sub?: unknown, iss?: unknown }
    if (typeof sub !== 'string' || (iss !== undefined && typeof iss !== 'string')) return false
  }
  return true
}
