/**
 * Encodes JSON with the same bytes as the encoder of Go: keys of an object in alphabetical order, `<`, `>` and `&` escaped, a
 * line feed at the end. A Map keeps its order, like the fields of a struct.
 */
export function encodeGoJson (value: unknown): string {
  return encode(value).replace(/[<>&\u2028\u2029]/g, (character) => '\\u' + character.charCodeAt(0).toString(16).padStart(4, '0')) + '\n'
}

function encode (value: unknown): string {
  if (value instanceof Map) return encodeEntries([...value])
  if (Array.isArray(value)) return `[${value.map(encode).join(',')}]`
  if (typeof value === 'object' && value !== null) return encodeEntries(Object.entries(value).sort(compareNames))
  return JSON.stringify(value)
}

function encodeEntries (entries: [string, unknown][]): string {
  const members = entries.filter(([, value]) => value !== undefined)
  return `{${members.map(([name, value]) => `${JSON.stringify(name)}:${encode(value)}`).join(',')}}`
}

/** Compares two entries by name, for `sort`. */
export function compareNames ([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1
}
