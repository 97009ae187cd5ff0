import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createListenError } from '../listen-failure.ts'

/** The path of the redirect URI. */
export const CALLBACK_PATH = '/callback'

/** A listener for one authorization response. */
export interface Loopback {
  readonly redirectUri: string
  /** Resolves with the parameters of the first request that `isExpected` accepts. */
  readonly received: Promise<URLSearchParams>
  readonly close: () => void
}

/**
 * Listens on the loopback interface. Any page in the browser can send requests there, so a request that is not expected gets a
 * 400 and changes nothing.
 *
 * @param port 0 for any
 * @throws CommandError if the port cannot be opened
 * @see {@link https://www.rfc-editor.org/rfc/rfc8252#section-7.3 RFC 8252 section 7.3}
 */
export async function openLoopback (port: number, isExpected: (parameters: URLSearchParams) => boolean): Promise<Loopback> {
  let resolve: (parameters: URLSearchParams) => void
  const received = new Promise<URLSearchParams>((_resolve) => { resolve = _resolve })
  const server = createServer((request, response) => {
    // Split, because URL throws for some of the targets that a page can send, such as `//`.
    const [path] = request.url!.split('?')
    // A page can let its own host name resolve to 127.0.0.1 (DNS rebinding). Its requests have that name in `Host`.
    if (request.method !== 'GET' || path !== CALLBACK_PATH || request.headers.host !== host) return respond(response, 404, 'Not found')
    const searchParams = new URLSearchParams(request.url!.slice(path!.length))
    if (!isExpected(searchParams)) return respond(response, 400, 'This is not the response to the login that was started')
    respond(response, 200, 'The login is complete. You can close this page and return to the terminal.')
    resolve(searchParams)
  })
  // A browser opens connections in advance and sends nothing on them. They must not keep the process alive.
  server.on('connection', (socket) => { socket.unref() })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening').catch((error) => { throw createListenError(port, error) })
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    redirectUri: `http://${host}${CALLBACK_PATH}`,
    received,
    close: () => { server.close() }
  }
}

function respond (response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store', 'referrer-policy': 'no-referrer', connection: 'close' }).end(`${text}\n`)
}
