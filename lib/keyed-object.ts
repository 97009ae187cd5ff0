/**
 * Whether a value has named members, as options and requirements do. A promise, an array, a Map, a Date, or an object
 * that shows none of its members has none. If it were accepted, it would require nothing. An empty plain object is accepted.
 */
export function isKeyedObject (value: unknown): value is object {
  const tag = Object.prototype.toString.call(value)
  return tag === '[object Module]' || (tag === '[object Object]' && (isPlain(value as object) || hasMember(value as object)))
}

/** In any realm: tests may run in a context of their own. */
function isPlain (value: object): boolean {
  const prototype: object | null = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/** An inherited member or a getter of a class counts, because checks name it. A method does not. */
function hasMember (value: object): boolean {
  for (let each = value; Object.getPrototypeOf(each) !== null; each = Object.getPrototypeOf(each)) {
    if (Object.values(Object.getOwnPropertyDescriptors(each)).some((member) => typeof member.value !== 'function')) return true
  }
  return false
}
