/**
 * Finds the name that a given one is probably a misspelling of: it has other letter cases, one letter more, one letter less,
 * or two neighbouring letters swapped.
 *
 * @returns undefined if no name is that near
 */
export function suggestName (given: string, names: readonly string[]): string | undefined {
  const lower = given.toLowerCase()
  return names.find((name) => isWithinOneEdit(lower, name.toLowerCase()))
}

function isWithinOneEdit (given: string, name: string): boolean {
  let start = 0
  while (start < name.length && given[start] === name[start]) start++
  const [left, right] = [given.slice(start), name.slice(start)]
  return left.slice(1) === right || left === right.slice(1) ||
    (left[0] === right[1] && left[1] === right[0] && left.slice(2) === right.slice(2))
}
