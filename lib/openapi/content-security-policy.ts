/**
 * Allows a page to send requests to an origin. A policy that does not restrict connections stays as it is.
 *
 * @param policy the value of a `content-security-policy` header
 * @see {@link https://www.w3.org/TR/CSP3/#directive-connect-src Content Security Policy Level 3, connect-src}
 */
export function allowConnection (policy: string, origin: string): string {
  const directives = policy.split(';').map((directive) => directive.trim()).filter((directive) => directive !== '')
  const find = (name: string): number => directives.findIndex((directive) => directive.split(/\s/, 1)[0]!.toLowerCase() === name)
  const index = find('connect-src')
  // Without a directive for connections, that for everything counts.
  const source = directives[index === -1 ? find('default-src') : index]
  if (source === undefined) return policy
  const allowed = source.split(/\s+/).slice(1).filter((each) => each !== "'none'")
  const directive = ['connect-src', ...new Set([...allowed, origin])].join(' ')
  return directives.toSpliced(index === -1 ? directives.length : index, 1, directive).join('; ')
}
