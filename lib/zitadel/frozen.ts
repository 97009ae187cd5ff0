/**
 * Freezes parsed JSON to its leaves. A loop, because a hostile response can be nested deeper than the stack.
 *
 * @returns the same value
 */
export function deepFreeze<T> (json: T): T {
  const pending: unknown[] = [json]
  while (pending.length > 0) {
    const value = pending.pop()
    if (typeof value !== 'object' || value === null) continue
    Object.freeze(value)
    for (const member of Object.values(value)) pending.push(member)
  }
  return json
}
