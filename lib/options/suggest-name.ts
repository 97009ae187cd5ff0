/**
 * Finds the name that a given one is probably a misspelling of: it has other letter cases, one letter more, one letter less,
 * or two neighbouring letters swapped.
 *
 * @param mayDiffer whether another letter in one place counts too, by which many words are near to each other (`rules`, `roles`)
 * @returns undefined if no name is that near
 */
export function suggestName (given: string, names: readonly string[], mayDiffer = false): string | undefined {
  const lower = given.toLowerCase()
  return names.find((name) => isWithinOneEdit(lower, name.toLowerCase(), mayDiffer))
}

function isWithinOneEdit (given: string, name: string, mayDiffer: boolean): boolean {
  let start = 0
  while (start < name.length && given[start] === name[start]) start++
  const [left, right] = [given.slice(start), name.slice(start)]
  return left.slice(1) === right || left === right.slice(1) || (mayDiffer && left.slice(1) === right.slice(1)) ||
    (left[0] === right[1] && left[1] === right[0] && left.slice(2) === right.slice(2))
}
