import { getErrorCode } from '../../client/outage.ts'

const MAX_BYTES = 1024 * 1024
/** What is shown of a peer's text at most. */
const MAX_SHOWN_LENGTH = 200

/** A response, or the reason why there is none. */
export type Answer =
  | { readonly status: number, readonly challenge: string | undefined, readonly text: string, readonly failure?: undefined }
  | { readonly status?: undefined, readonly failure: string }

/** Sends one request, as the client of an MCP server does. Follows no redirect. A `failure` contains no text of the peer. */
export type Exchange = (url: string, init?: RequestInit) => Promise<Answer>

/** @param timeout milliseconds for one exchange */
export function createExchange (timeout: number): Exchange {
  return async (url, init = {}) => {
    try {
      const response = await fetch(url, { ...init, redirect: 'manual', signal: AbortSignal.timeout(timeout) })
      return { status: response.status, challenge: response.headers.get('www-authenticate') ?? undefined, text: await readText(response) }
    } catch (error) {
      if ((error as Error).name === 'TimeoutError') return { failure: `no answer within ${timeout} ms` }
      return { failure: getErrorCode((error as Error).cause) || 'the connection failed' }
    }
  }
}

/** A stream can be endless, so its end is not awaited. */
async function readText ({ body, headers }: Response): Promise<string> {
  if (headers.get('content-type')?.startsWith('text/event-stream') === true) {
    await body!.cancel()
    return ''
  }
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    length += chunk.length
    if (length > MAX_BYTES) break
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

/** @returns undefined if the text is no JSON object */
export function parseObject (text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Record<string, unknown> : undefined
  } catch {
    return undefined
  }
}

/** The strings of an array; none if it is no array. */
export function toStrings (value: unknown): string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : []
}

/** A text of a peer, for a message. */
export function toPrintable (text: string): string {
  return text.slice(0, MAX_SHOWN_LENGTH).replace(/[^\x20-\x7e]/g, '?')
}

/** What was received in place of a document. */
export function describeAnswer (answer: Answer): string {
  if (answer.failure !== undefined) return answer.failure
  return answer.status === 200 ? 'no JSON object' : `status ${answer.status}`
}

/** Fetches the first of some documents that is there. */
export async function fetchDocument (exchange: Exchange, urls: readonly string[]): Promise<{ readonly url: string, readonly document: Record<string, unknown> } | { readonly url?: undefined, readonly tried: string }> {
  const tried: string[] = []
  for (const url of urls) {
    const answer = await exchange(url, { headers: { accept: 'application/json' } })
    const document = answer.status === 200 ? parseObject(answer.text) : undefined
    if (document !== undefined) return { url, document }
    tried.push(`${toPrintable(url)}: ${describeAnswer(answer)}`)
  }
  return { tried: tried.join(', ') }
}
