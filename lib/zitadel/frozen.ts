/**
 * Freezes parsed JSON to its leaves. A loop, because a hostile response can be nested deeper than the stack.
 *
 * @returns the same value
 */
export function deepFreeze<T> (json: T): T {
  const open: unknown[] = [json]
  while (open.length > 0) {
    const value = open.pop()
    if (typeof value !== 'object' || value === null) continue
    Object.freeze(value)
    for (const member of Object.values(value)) open.push(member)
  }
  return json
}
