import { randomBytes, randomUUID } from 'node:crypto'
import type { OutgoingHttpHeaders } from 'node:http'

/**
 * Creates the headers of every response of ZITADEL.
 *
 * @param now milliseconds since 1970, for `Date`
 * @param origin the `Origin` of the request
 */
export function createCommonHeaders (now: number, origin: string | undefined, hasCookie: boolean): OutgoingHttpHeaders {
  return {
    date: new Date(now).toUTCString(),
    'cache-control': 'no-store',
    pragma: 'no-cache',
    expires: new Date(now - 3_600_000).toUTCString(),
    ...(hasCookie && { 'set-cookie': `zitadel.useragent=${randomBytes(24).toString('base64url')}; Path=/; HttpOnly; SameSite=Lax` }),
    'x-request-id': randomUUID(),
    vary: 'Origin',
    ...(origin !== undefined && {
      'access-control-allow-origin': origin,
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers': 'Location, Content-Length'
    })
  }
}
