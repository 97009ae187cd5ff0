/** Parses JSON. Returns undefined for a text that is not JSON: the error of the parser quotes the text, which can be a secret. */
export function parseJson (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Parses JSON. Returns undefined for a text that is no JSON object. */
export function parseJsonObject (text: string): Record<string, unknown> | undefined {
  const value = parseJson(text)
  return isJsonObject(value) ? value : undefined
}

/** Whether a value of parsed JSON is an object, and no array. */
export function isJsonObject (value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Returns a value that must be a string; undefined for another one. */
export function toOptionalString (value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** A copy of parsed JSON in which nothing on Object.prototype is found. */
export function copyWithoutPrototype<T extends object> (json: T): T {
  return Object.assign(Object.create(null), json)
}
