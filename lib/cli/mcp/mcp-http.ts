import { DeadlineExceededError } from '../../client/deadline.ts'
import { parseJsonObject } from '../../untrusted-json.ts'
import { getErrorCode } from '../../client/outage.ts'
import { ProxyRejectedError } from '../../client/proxy-tunnel.ts'
import { resolveProxy } from '../../options/proxy-config.ts'
import { sendCall, type HttpCall } from '../http.ts'
import { shortenForDisplay } from '../printable.ts'

/** A response, or the reason why there is none. */
export type Answer =
  | { readonly status: number, readonly challenge: string | undefined, readonly text: string, readonly failure?: undefined }
  | { readonly status?: undefined, readonly failure: string }

/** Sends one request, as the client of an MCP server does. Follows no redirect. A `failure` contains no text of the peer. */
export type Exchange = (url: string, call?: Pick<HttpCall, 'method' | 'headers' | 'body'>) => Promise<Answer>

/**
 * @param timeout milliseconds for one exchange
 * @param env the environment variables, which can name a proxy
 */
export function createExchange (timeout: number, env: NodeJS.ProcessEnv): Exchange {
  return async (url, call) => {
    const proxy = resolveProxy(new URL(url).origin, env)?.server
    try {
      const { status, headers, text } = await sendCall({ url, ...call, proxy }, timeout)
      return { status, challenge: headers['www-authenticate']?.toString(), text }
    } catch (error) {
      if (error instanceof DeadlineExceededError) return { failure: `no answer within ${timeout} ms` }
      if (error instanceof ProxyRejectedError) return { failure: `the proxy rejected the connection (${error.status})` }
      return { failure: `no answer (${getErrorCode(error)})` }
    }
  }
}

/** The strings of an array; none if it is no array. */
export function toStrings (value: unknown): string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : []
}

/** Whether a text of a peer is an http or https URL. */
export function isHttpUrl (text: string | undefined): text is string {
  return URL.canParse(String(text)) && ['http:', 'https:'].includes(new URL(String(text)).protocol)
}

/** What was received in place of a document. */
export function describeAnswer (answer: Answer): string {
  if (answer.failure !== undefined) return answer.failure
  return answer.status === 200 ? 'no JSON object' : `status ${answer.status}`
}

/** A document, or what was received in place of it. */
type FetchedDocument =
  | { readonly url: string, readonly document: Record<string, unknown> }
  | { readonly url?: undefined, readonly tried: string }

/** Fetches the first of some documents that is there. */
export async function fetchDocument (exchange: Exchange, urls: readonly string[]): Promise<FetchedDocument> {
  const tried: string[] = []
  for (const url of urls) {
    const answer = await exchange(url)
    const document = answer.status === 200 ? parseJsonObject(answer.text) : undefined
    if (document !== undefined) return { url, document }
    tried.push(`${shortenForDisplay(url)}: ${describeAnswer(answer)}`)
  }
  return { tried: tried.join(', ') }
}

/** A message that both protocols have, and that changes nothing. */
export const PING = { method: 'POST', body: { jsonrpc: '2.0', id: 1, method: 'ping' } } as const
/** The header fields that the protocol demands of a message. */
export const MCP_HEADERS = { accept: 'application/json, text/event-stream' }
