import { Readable } from 'node:stream'
import { ConnectionPool } from '../client/connection-pool.ts'
import type { CommandRequest, StreamedResponse } from '../client/http-request.ts'
import { withDeadline } from '../client/deadline.ts'
import { readHttpResponse, type HttpResponse } from '../client/http-response.ts'
import type { ProxyServer } from '../client/proxy-tunnel.ts'

/** A request of a command. */
export interface HttpCall {
  /** Absolute, without a fragment. */
  readonly url: string
  /** Default GET. */
  readonly method?: CommandRequest['method']
  readonly headers?: Readonly<Record<string, string>>
  /** A form, or a value that is sent as JSON. */
  readonly body?: URLSearchParams | object | undefined
  /** Default: none. */
  readonly proxy?: ProxyServer | undefined
}

/** A response, without `requestId` and `parent`: texts of the peer are not searched for secrets here. */
export type CallResponse = Pick<HttpResponse, 'status' | 'text' | 'headers'>

/**
 * Sends one request over the connections of the plugin, so that a command goes the same way as an introspection. It follows no
 * redirect, and does not read a stream of events, which can be endless.
 *
 * @param timeout milliseconds for the whole of it
 * @throws DeadlineExceededError, or what a connection, its parser or the bound on responses throws
 */
export async function sendCall ({ url, method = 'GET', headers = {}, body, proxy }: HttpCall, timeout: number): Promise<CallResponse> {
  const { origin, pathname, search } = new URL(url)
  const text = body === undefined ? null : body instanceof URLSearchParams ? body.toString() : JSON.stringify(body)
  const type = body instanceof URLSearchParams ? 'application/x-www-form-urlencoded' : 'application/json'
  const pool = new ConnectionPool(origin, 1, timeout, proxy)
  try {
    return await withDeadline(timeout, async (signal) => await readHttpResponse(dropEventStream(await pool.request({
      origin,
      path: `${pathname}${search}`,
      method,
      headers: { accept: 'application/json', ...headers, ...(text !== null && { 'content-type': type }) },
      body: text,
      signal,
      headersTimeout: 0,
      bodyTimeout: 0
    })), ''))
  } finally {
    await pool.close()
  }
}

function dropEventStream (response: StreamedResponse): StreamedResponse {
  if (!String(response.headers['content-type']).startsWith('text/event-stream')) return response
  response.body.on('error', () => {}).destroy()
  return { ...response, body: Readable.from([]) }
}
