import { decodeJwt } from 'jose'

/** Creates a function that stores the `jti` of an assertion. It returns true without one, or for the `jti` of an earlier call (RFC 7523 section 3). */
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
