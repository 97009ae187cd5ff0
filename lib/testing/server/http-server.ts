import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { Readable, pipeline } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { setTimeout } from 'node:timers/promises'
import type { Fault } from '../faults.ts'
import { createCommonHeaders } from '../http/common-headers.ts'
import type { RecordedRequest, StandInRequest } from '../http/request.ts'
import type { StandInResponse } from '../http/response.ts'

/** Handles the requests of the HTTP server. */
export interface RequestHandler {
  /** Creates the response to a request. */
  handle (request: StandInRequest, fault: Fault | null): Promise<StandInResponse>
  /** Records a request as soon as its body is read. */
  record (request: RecordedRequest): void
  /** Returns the fault for a new request. */
  nextFault (): Fault | null
  /** Milliseconds since 1970. */
  clock (): number
}

/** Creates the HTTP server. It does not listen yet. */
export function createHttpServer (handler: RequestHandler): Server {
  const server = createServer((incoming, outgoing) => {
    // The client closed the connection before the end of its request: there is no response.
    handleRequest(incoming, outgoing, handler).catch(() => { outgoing.destroy() })
  })
  server.keepAliveTimeout = 60_000
  return server
}

async function handleRequest (incoming: IncomingMessage, outgoing: ServerResponse, handler: RequestHandler): Promise<void> {
  const body = await buffer(incoming)
  const { method = '', url = '', headers } = incoming
  const [path = '', ...query] = url.split('?')
  const request: StandInRequest = { method, path, query: query.join('?'), headers, body }
  const recorded: RecordedRequest = {
    method,
    path,
    query: new URLSearchParams(request.query),
    headers,
    body: new URLSearchParams(headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true ? body.toString() : ''),
    status: 0
  }
  const fault = handler.nextFault()
  handler.record(recorded)
  if (fault === 'hang') return
  if (fault === 'reset') {
    incoming.socket.resetAndDestroy()
    return
  }
  if (typeof fault === 'object' && fault !== null && 'delay' in fault) await setTimeout(fault.delay, undefined, { ref: false })

  const response = await handler.handle(request, fault)
  recorded.status = response.status
  if (response.reason !== undefined) recorded.reason = response.reason
  outgoing.writeHead(response.status, {
    ...(response.isFromProxy === true ? {} : createCommonHeaders(handler.clock(), headers.origin, response.hasNoCookie !== true)),
    ...response.headers,
    ...(fault === 'endless-body' ? {} : { 'content-length': Buffer.byteLength(response.body) })
  })
  sendBody(outgoing, response.body, fault)
}

function sendBody (outgoing: ServerResponse, body: string, fault: Fault | null): void {
  const half = body.slice(0, body.length / 2)
  switch (fault) {
    case 'cut-body':
      outgoing.write(half, () => outgoing.socket?.destroy())
      break
    case 'stalled-body':
      outgoing.write(half)
      break
    case 'endless-body':
      pipeline(Readable.from(generateEndlessBody(body)), outgoing, () => {})
      break
    default:
      outgoing.end(body)
  }
}

function * generateEndlessBody (body: string): Generator<string> {
  yield body
  while (true) yield ' '.repeat(16 * 1024)
}
