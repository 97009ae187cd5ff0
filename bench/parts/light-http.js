import { IncomingMessage, ServerResponse } from 'node:http'

// Only the parts of a request without a body, and of a response, that a server and its framework use: real ones cost
// ten times as much as what is measured.

const socket = { remoteAddress: '127.0.0.1', remotePort: 50000, encrypted: false, on: ignore, removeListener: ignore }

class LightRequest {
  method = 'GET'
  url = '/orders'
  httpVersion = '1.1'
  httpVersionMajor = 1
  httpVersionMinor = 1
  socket = socket
  connection = socket
  aborted = false

  constructor (authorization) {
    this.headers = { host: 'orders.example', connection: 'keep-alive', accept: '*/*', 'user-agent': 'bench', 'accept-encoding': 'gzip', authorization }
    this.rawHeaders = ['Host', 'orders.example', 'Connection', 'keep-alive', 'Accept', '*/*', 'User-Agent', 'bench', 'Accept-Encoding', 'gzip', 'Authorization', authorization]
  }

  on () { return this }
  once () { return this }
  removeListener () { return this }
}

class LightResponse {
  statusCode = 200
  headersSent = false
  writableEnded = false
  finished = false
  destroyed = false
  onEnd = undefined

  writeHead (statusCode) {
    this.statusCode = statusCode
    this.headersSent = true
    return this
  }

  end () {
    this.headersSent = true
    this.finished = true
    this.writableEnded = true
    this.onEnd?.()
    return this
  }

  setHeader () { return this }
  getHeader () { return undefined }
  hasHeader () { return false }
  removeHeader () {}
  on () { return this }
  once () { return this }
  removeListener () { return this }
}

export function createLightPair (authorization) {
  return [new LightRequest(authorization), new LightResponse()]
}

/**
 * For Express, which sets its own prototypes on a request and a response. These need the real ones.
 */
export function createRealPair (authorization) {
  const { method, url, headers } = new LightRequest(authorization)
  const request = new IncomingMessage(socket)
  request.method = method
  request.url = url
  Object.assign(request.headers, headers)
  const response = new ServerResponse(request)
  let ended = false
  Object.defineProperty(response, 'writableEnded', { get: () => ended })
  response.end = () => {
    ended = true
    response.onEnd?.()
    return response
  }
  return [request, response]
}

function ignore () {}
