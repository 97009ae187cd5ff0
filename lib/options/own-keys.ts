import { createOptionError } from '../errors.ts'

/**
 * Finds a key that an object has but that a copy of the object loses, because it is inherited or not enumerable. What
 * `Object.prototype` has does not count: every object has it.
 */
export function findHiddenKey (given: object, isKnown: (key: string) => boolean): string | undefined {
  for (let each: object | null = given; each !== null && each !== Object.prototype; each = Object.getPrototypeOf(each)) {
    const hidden = Object.getOwnPropertyNames(each).find((key) => isKnown(key) && !Object.prototype.propertyIsEnumerable.call(given, key))
    if (hidden !== undefined) return hidden
  }
  return undefined
}

/**
 * Throws for keys that would not be enforced, because a copy of the object loses them.
 *
 * @throws ZitadelError `FST_ZITADEL_OPTION`
 */
export function checkOwnKeys (given: object, keys: readonly string[], label: string): void {
  const hidden = findHiddenKey(given, (key) => keys.includes(key))
  if (hidden !== undefined) throw createOptionError(`${label}: "${hidden}" must be an own, enumerable property: an inherited one, or a getter of a class, would not be enforced`)
}
