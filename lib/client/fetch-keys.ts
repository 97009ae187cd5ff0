import { OutageError } from '../failures.ts'
import type { RequestSender } from './http-request.ts'
import { withDeadline } from './deadline.ts'
import { readHttpResponse } from './http-response.ts'
import { parseJson } from '../untrusted-json.ts'
import { getStatusAdvice, toOutageError } from './outage.ts'
import type { Endpoint } from '../zitadel/endpoints.ts'

/**
 * Fetches the public keys of the issuer, on the connections and with the headers of introspections.
 *
 * @param endpoint of the keys
 * @param timeout milliseconds
 * @returns what the body has as JSON, unchecked
 * @throws OutageError if there is no response with status 200
 * @see {@link https://www.rfc-editor.org/rfc/rfc7517#section-5 RFC 7517 section 5}
 */
export async function fetchKeys (sender: RequestSender, { origin, path, headers }: Endpoint, timeout: number): Promise<unknown> {
  const response = await withDeadline(timeout, async (signal) => await readHttpResponse(await sender.request({
    origin, path, method: 'GET', headers: { ...headers, accept: 'application/json' }, body: null, signal, headersTimeout: 0, bodyTimeout: 0
  }), '')).catch((error: unknown) => { throw toOutageError(error, timeout) })
  if (response.status !== 200) throw new OutageError(`ZITADEL answers the request for its keys with status ${response.status}`, getStatusAdvice(response.status))
  return parseJson(response.text)
}
