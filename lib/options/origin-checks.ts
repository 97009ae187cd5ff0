import { isLoopback, isPlainHttp } from '../plain-http.ts'

/** The origin of a URL that is only an origin; undefined for any other text. */
export function parseOrigin (value: string): string | undefined {
  // The text is compared, because the parser drops an empty query, an empty fragment, and dots in a path.
  return /^https?:\/\/[^\s/?#\\@]+\/?$/i.test(value) && URL.canParse(value) ? new URL(value).origin : undefined
}

/** Whether a text is an issuer that ZITADEL can have: an https origin, or an http origin on loopback. */
export function isIssuer (value: string): boolean {
  const origin = parseOrigin(value)
  // No header `host` has this spelling, so the issuer of ZITADEL differs from it. The parser of URLs accepts it.
  if (origin === undefined || !/^[\w.:/[\]-]+$/.test(value) || /:\/?$/.test(value)) return false
  const { protocol, hostname } = new URL(origin)
  return protocol === 'https:' || isLoopback(hostname)
}

/** Returns what to change in an issuer; '' if that is unclear. */
export function getIssuerHint (value: unknown): string {
  if (typeof value !== 'string') return ''
  const text = value.trim()
  if (!text.includes('://')) return URL.canParse(`https://${text}`) ? ` (add ${isLoopback(new URL(`https://${text}`).hostname) ? 'http' : 'https'}://)` : ''
  const hint = getOriginHint(value, text)
  if (hint !== '' || !URL.canParse(text)) return hint
  if (/[^\0-\x7F]/.test(text)) return ' (write an international domain name as ZITADEL does: in ASCII, xn--...)'
  return isPlainHttp(text) ? ' (for plain http to an internal name, keep the https issuer and give that name as "address")' : ''
}

/** The same for the option `address`. */
export function getAddressHint (value: unknown): string {
  if (typeof value !== 'string') return ''
  const text = value.trim()
  if (text !== '' && !text.includes('://') && URL.canParse(`http://${text}`)) return ' (add http:// or https://)'
  return getOriginHint(value, text)
}

/** @param text the value without white space around it */
function getOriginHint (value: string, text: string): string {
  if (!URL.canParse(text)) return ''
  const { pathname, search, hash, username, password } = new URL(text)
  if (username !== '' || password !== '') return ' (drop the user info)'
  if (hash !== '' || text.endsWith('#')) return ' (drop the fragment)'
  if (search !== '' || text.endsWith('?')) return ' (drop the query)'
  if (pathname !== '/' && pathname !== '') return ' (drop the path)'
  return text === value ? '' : ' (drop the white space around it)'
}
