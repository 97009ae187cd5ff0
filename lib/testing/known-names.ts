/** One entry for each option of a type, so that none can be left out. */
type Names<T> = Record<keyof T, true>

/**
 * A misspelt option would be a test that passes for the wrong reason.
 *
 * @param of what the options are given to
 * @throws TypeError
 */
export function checkNames<T extends object> (given: T, names: Names<Required<T>>, of: string): void {
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(names, name))
  if (unknown !== undefined) throw new TypeError(`unknown option "${unknown}" of ${of}: expected one of ${Object.keys(names).join(', ')}`)
}
