import { decodeJwt } from 'jose'

/** Creates a function that is true for an assertion without `jti`, or with a `jti` of an earlier call (RFC 7523 section 3). */
export function createReplayDetector (): (assertion: string) => boolean {
  const seen = new Set<string>()
  return (assertion) => {
    const jti = assertion === '' ? undefined : parseJti(assertion)
    if (assertion !== '' && (jti === undefined || seen.has(jti))) return true
    if (jti !== undefined) seen.add(jti)
    return false
  }
}

function parseJti (assertion: string): string | undefined {
  try {
    return decodeJwt(assertion).jti
  } catch {
    return undefined
  }
}
