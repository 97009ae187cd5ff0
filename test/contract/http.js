import { request } from 'node:http'

/** The host of the instance on both servers. */
export const host = 'auth.acme.example'

/**
 * Sends an introspection request to a server, and returns the parts of the response that must be equal.
 *
 * @param {string} address
 * @param {{ method?: string, query?: string, headers?: Record<string, string>, body?: URLSearchParams | string }} message
 * @returns {Promise<{ status: number, contentType: string, body: string }>}
 */
export async function send (address, { method = 'POST', query = '', headers = {}, body = '' }) {
  return await new Promise((resolve, reject) => {
    const outgoing = request(address + '/oauth/v2/introspect' + query, {
      method,
      headers: { host, 'content-type': 'application/x-www-form-urlencoded', ...headers, 'content-length': Buffer.byteLength(String(body)) }
    }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk) => { text += chunk })
      response.on('end', () => resolve({ status: response.statusCode, contentType: response.headers['content-type'] ?? '', body: text }))
    })
    outgoing.on('error', reject)
    outgoing.end(String(body))
  })
}
