/** Returns a value that must be a string; undefined for another one. */
export function toOptionalString (value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** A copy of parsed JSON in which nothing on Object.prototype is found. */
export function copyWithoutPrototype<T extends object> (json: T): T {
  return Object.assign(Object.create(null), json)
}
