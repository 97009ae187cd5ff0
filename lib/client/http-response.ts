import { isUtf8 } from 'node:buffer'
import type { StreamedResponse } from './connection-pool.ts'
import { formatParentText } from './parent-text.ts'
import { formatRequestId, type ResponseHeaders } from './response-headers.ts'

/** What came back over the wire, whole. */
export interface HttpResponse {
  readonly status: number
  /** Empty where the body is no UTF-8. */
  readonly text: string
  readonly headers: ResponseHeaders
  /** ZITADEL's own name for the exchange, to look it up in its log; '' without one. */
  readonly requestId: string
  /** ZITADEL's reason for an error, as a log line adds it; `''` without one. */
  readonly parent: string
}

/** Bytes of the largest answer that is read: far above any user with metadata, far below what hurts. */
const MAX_RESPONSE_BYTES = 1024 * 1024

/**
 * Reads an answer to its end, or to the bound.
 *
 * @param secrets the body that was sent and all that is secret beside it, which nothing may be quoted from
 */
export async function readHttpResponse ({ statusCode, headers, body }: StreamedResponse, secrets: string): Promise<HttpResponse> {
  const bytes = await readBody(body)
  // Decoding would put the same character in place of whatever is no text, and make two names one.
  const text = isUtf8(bytes) ? bytes.toString() : ''
  const parent = statusCode === 400 || statusCode === 401 ? formatParentText(parseJson(text), secrets) : ''
  return { status: statusCode, text, headers, requestId: formatRequestId(headers, secrets), parent }
}

/** Undefined for a text that is no JSON. */
export function parseJson (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** By events: a third of what the stream's own iterator costs. */
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
