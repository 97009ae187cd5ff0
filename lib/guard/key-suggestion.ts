const ROUTE_KEYS = ['scopes', 'roles', 'organization', 'freshness', 'access']

/** What others call the same, too far from our own word to be found by its letters. */
const OTHER_NAMES = new Map([['organisation', 'organization'], ['organisations', 'organization']])

/**
 * The key of ours that is meant by one in a route's config: in other letter cases, or where a letter too many, one too few
 * or two in the wrong order is all that is wrong. Undefined for what is not ours.
 */
export function suggestKey (given: string): string | undefined {
  const key = given.toLowerCase()
  return OTHER_NAMES.get(key) ?? ROUTE_KEYS.find((ours) => isWithinOneEdit(key, ours))
}

function isWithinOneEdit (given: string, ours: string): boolean {
  let start = 0
  while (start < ours.length && given[start] === ours[start]) start++
  const [left, right] = [given.slice(start), ours.slice(start)]
  return left.slice(1) === right || left === right.slice(1) ||
    (left[0] === right[1] && left[1] === right[0] && left.slice(2) === right.slice(2))
}
