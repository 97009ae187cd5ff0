import { decodeJwt } from 'jose'

/** Remembers every `jti`; true for an assertion that has none or one seen before (RFC 7523 section 3). */
export function replays (): (assertion: string) => boolean {
  const seen = new Set<string>()
  return (assertion) => {
    const jti = assertion === '' ? undefined : jtiOf(assertion)
    if (assertion !== '' && (jti === undefined || seen.has(jti))) return true
    if (jti !== undefined) seen.add(jti)
    return false
  }
}

function jtiOf (assertion: string): string | undefined {
  try {
    return decodeJwt(assertion).jti
  } catch {
    return undefined
  }
}
