import { isUtf8 } from 'node:buffer'
import type { StreamedResponse } from './http-request.ts'
import { formatParentText } from './parent-text.ts'
import { formatRequestId, type ResponseHeaders } from './response-headers.ts'
import { parseJson } from '../untrusted-json.ts'

/** A response that was read to its end. */
export interface HttpResponse {
  readonly status: number
  /** Empty if the body is not UTF-8. */
  readonly text: string
  /** The parsed body; undefined if it is not JSON. */
  readonly body: unknown
  readonly headers: ResponseHeaders
  /** The id of the exchange in the log of ZITADEL; '' without one. */
  readonly requestId: string
  /** ZITADEL's reason for an error, as a log line adds it; `''` without one. */
  readonly parent: string
}

/** The largest response that is read. With much metadata of a user, a response can have several hundred kilobytes. */
export const MAX_RESPONSE_BYTES = 1024 * 1024

/**
 * Reads a response to its end.
 *
 * @param secrets the body that was sent and all that is secret beside it. A text that contains a part of them is not returned as id or reason
 * @throws an error with the code `RESPONSE_TOO_LARGE`, or what a connection throws
 */
export async function readHttpResponse ({ statusCode, headers, body: stream }: StreamedResponse, secrets: string): Promise<HttpResponse> {
  const bytes = await readBody(stream)
  // A decoder would replace different invalid bytes by the same character, so that two names could become equal.
  const text = isUtf8(bytes) ? bytes.toString() : ''
  const body = parseJson(text)
  const parent = statusCode === 400 || statusCode === 401 ? formatParentText(body, secrets) : ''
  return { status: statusCode, text, body, headers, requestId: formatRequestId(headers, secrets), parent }
}

/** Reads by events, which costs a third of the iterator of the stream. */
function readBody (body: StreamedResponse['body']): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    body.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > MAX_RESPONSE_BYTES) body.destroy(Object.assign(new Error('the response is too large'), { code: 'RESPONSE_TOO_LARGE' }))
      else chunks.push(chunk)
    })
    body.on('end', () => resolve(Buffer.concat(chunks)))
    body.on('error', reject)
  })
}
