const KEYS = ['scopes', 'roles', 'organization', 'freshness', 'access']

/** What people write for the keys of a route's config, and what would then silently ask for nothing. */
const NEAR_MISSES = new Map([
  ['scope', 'scopes'], ['role', 'roles'],
  ['organisation', 'organization'], ['organizations', 'organization'], ['organisations', 'organization'],
  ...KEYS.map((key): [string, string] => [key, key])
])

/**
 * The key of ours that is meant by one in a route's config: in other letter cases, by a name that is as good, or where a
 * letter too many, one too few or two in the wrong order is all that is wrong. Undefined for what is not ours.
 */
export function meantKey (given: string): string | undefined {
  return NEAR_MISSES.get(given.toLowerCase()) ?? KEYS.find((ours) => isOneAway(given, ours))
}

function isOneAway (given: string, ours: string): boolean {
  if (Math.abs(given.length - ours.length) > 1) return false
  let start = 0
  while (start < ours.length && given[start] === ours[start]) start++
  const [left, right] = [given.slice(start), ours.slice(start)]
  return left.slice(1) === right || left === right.slice(1) ||
    (left[0] === right[1] && left[1] === right[0] && left.slice(2) === right.slice(2))
}
