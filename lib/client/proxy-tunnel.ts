import { Client, buildConnector } from 'undici'

/** `Socket` of `node:net`. */
type Socket = NonNullable<Parameters<buildConnector.Callback>[1]>

/** A proxy that opens a tunnel to the server, also for plain http. */
export interface ProxyServer {
  readonly origin: string
  /** The value of `proxy-authorization`. */
  readonly authorization: string | undefined
}

/** The proxy responded, and did not open the tunnel. */
export class ProxyRejectedError extends Error {
  readonly status: number

  constructor (status: number) {
    super('the proxy rejected the connection')
    this.status = status
  }
}

/**
 * Creates a function that connects through a proxy, for the pool of undici.
 *
 * undici's own ProxyAgent is not used: if a proxy ends the connection instead of responding, it connects again in an endless
 * loop in which no timer runs, and its wait for a response to CONNECT has no deadline of ours.
 *
 * @param timeout milliseconds for each step of connecting
 */
export function createProxyConnector (proxy: ProxyServer, timeout: number): buildConnector.connector {
  const connectDirectly = buildConnector({ timeout })
  return (options, callback) => {
    openTunnel(proxy, `${options.hostname}:${options.port || (options.protocol === 'https:' ? 443 : 80)}`, timeout).then((socket) => {
      if (options.protocol === 'https:') connectDirectly({ ...options, httpSocket: socket }, callback)
      else callback(null, socket)
    }, (error) => callback(error, null))
  }
}

/**
 * @param target host and port of the server
 * @throws ProxyRejectedError, or what a connection throws
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-9.3.6 RFC 9110 section 9.3.6}
 */
async function openTunnel ({ origin, authorization }: ProxyServer, target: string, timeout: number): Promise<Socket> {
  const client = new Client(origin, { connectTimeout: timeout, headersTimeout: timeout })
  const headers = { host: target, ...(authorization !== undefined && { 'proxy-authorization': authorization }) }
  const response = client.connect({ path: target, headers }).catch((error: { code?: unknown }) => {
    // After undici's code for it, the pool would connect again without an end.
    throw error.code === 'UND_ERR_SOCKET' ? Object.assign(new Error('the proxy ended the connection'), { code: 'PROXY_CONNECTION_ENDED' }) : error
  })
  const { statusCode, socket } = await response.finally(() => { client.destroy().catch(() => {}) })
  if (statusCode >= 200 && statusCode < 300) return socket as Socket
  socket.on('error', () => {}).destroy()
  throw new ProxyRejectedError(statusCode)
}
