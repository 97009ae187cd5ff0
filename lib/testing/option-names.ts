/** One entry for each option of a type: the compiler reports a missing one. */
type OptionNames<T> = Record<keyof T, true>

/**
 * Checks that all options are known. A misspelt option would let a test pass for the wrong reason.
 *
 * @param functionName for the message
 * @throws TypeError
 */
export function checkOptionNames<T extends object> (options: T, names: OptionNames<Required<T>>, functionName: string): void {
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(names, name))
  if (unknown !== undefined) throw new TypeError(`unknown option "${unknown}" of ${functionName}: expected one of ${Object.keys(names).join(', ')}`)
}
