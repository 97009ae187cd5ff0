/** Whether a value is valid, and the expected value for messages. */
export type ValueCheck = readonly [isValid: (value: unknown) => boolean, expected: string]

/** One entry for each option of a type: the compiler reports a missing one. */
export type ValueChecks<T> = Readonly<Record<keyof T, ValueCheck>>

const isText = (value: unknown): value is string => typeof value === 'string'
const isTextArray = (value: unknown): boolean => Array.isArray(value) && Array.from(value).every(isText)
const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value)
const isRecordWith = (isValid: (value: unknown) => boolean) => (value: unknown): boolean => isObject(value) && Object.values(value).every(isValid)

export const TEXT: ValueCheck = [isText, 'a string']
export const TEXTS: ValueCheck = [isTextArray, 'an array of strings']
export const SWITCH: ValueCheck = [(value) => typeof value === 'boolean', 'true or false']
export const OBJECT: ValueCheck = [isObject, 'an object']
export const TEXT_RECORD: ValueCheck = [isRecordWith(isText), 'an object whose values are strings']
export const FUNCTION: ValueCheck = [(value) => typeof value === 'function', 'a function']
export const ROLES: ValueCheck = [(value) => isTextArray(value) || isRecordWith(isRecordWith(isText))(value), "an array of role keys, or an object such as { reader: { '1': 'one.example' } }"]
export const TEXT_OR_ID: ValueCheck = [(value) => isText(value) || (isRecordWith(isText)(value) && 'id' in (value as object)), 'an id, or an object { id, name, primaryDomain }']
export const LIFETIME: ValueCheck = [(value) => value === null || Number.isSafeInteger(value), 'a whole number of seconds, or null']

export const createChoiceCheck = (...words: string[]): ValueCheck => [(value) => words.includes(value as string), `one of ${words.join(', ')}`]

/** A whole number. */
export const integerFrom = (least: number, most: number): ValueCheck => [
  (value) => Number.isInteger(value) && (value as number) >= least && (value as number) <= most,
  `a whole number from ${least} to ${most}`
]

/**
 * Checks that all options are known and of their type. Otherwise a test could pass for the wrong reason. An option that is
 * undefined counts as not given.
 *
 * @param functionName for the message
 * @throws TypeError
 */
export function checkOptionValues<T extends object> (options: T, checks: ValueChecks<Required<T>>, functionName: string): void {
  if (!isObject(options)) throw new TypeError(`the options of ${functionName} must be an object { ${Object.keys(checks).join(', ')} }`)
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(checks, name)) throw new TypeError(`unknown option "${name}" of ${functionName}: expected one of ${Object.keys(checks).join(', ')}`)
    const [isValid, expected] = checks[name as keyof T]
    if (value !== undefined && !isValid(value)) throw new TypeError(`option "${name}" of ${functionName} must be ${expected}`)
  }
}

/** Options without those that are undefined, which would replace a default. */
export function omitUndefined<T extends object> (options: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as { [K in keyof T]: Exclude<T[K], undefined> }
}
