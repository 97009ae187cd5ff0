import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { Readable, pipeline } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { setTimeout } from 'node:timers/promises'
import type { Answer } from './answer.ts'
import type { Exchange, RecordedRequest } from './exchange.ts'
import type { Fault } from './faults.ts'
import { commonHeaders } from './headers.ts'

/** What the HTTP server asks for. */
export interface Backend {
  answer (exchange: Exchange, fault: Fault | null): Promise<Answer>
  record (request: RecordedRequest): void
  /** The fault for the request that has just arrived. */
  nextFault (): Fault | null
  clock (): number
}

export function httpServer (backend: Backend): Server {
  const server = createServer((request, response) => {
    // A client that goes away while it still sends has no use for an answer.
    serve(request, response, backend).catch(() => { response.destroy() })
  })
  server.keepAliveTimeout = 60_000
  return server
}

async function serve (request: IncomingMessage, response: ServerResponse, backend: Backend): Promise<void> {
  const body = await buffer(request)
  const { method = '', url = '', headers } = request
  const [path = '', ...query] = url.split('?')
  const exchange: Exchange = { method, path, query: query.join('?'), headers, body }
  const recorded: RecordedRequest = {
    method,
    path,
    query: new URLSearchParams(exchange.query),
    headers,
    body: new URLSearchParams(headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true ? body.toString() : ''),
    status: 0
  }
  const fault = backend.nextFault()
  backend.record(recorded)
  if (fault === 'hang') return
  if (fault === 'reset') {
    request.socket.resetAndDestroy()
    return
  }
  if (typeof fault === 'object' && fault !== null && 'delay' in fault) await setTimeout(fault.delay, undefined, { ref: false })

  const answer = await backend.answer(exchange, fault)
  recorded.status = answer.status
  if (answer.reason !== undefined) recorded.reason = answer.reason
  response.writeHead(answer.status, {
    ...(answer.foreign === true ? {} : commonHeaders(backend.clock(), headers.origin)),
    ...answer.headers,
    ...(fault === 'endless-body' ? {} : { 'content-length': Buffer.byteLength(answer.body) })
  })
  send(response, answer.body, fault)
}

function send (response: ServerResponse, body: string, fault: Fault | null): void {
  const half = body.slice(0, body.length / 2)
  switch (fault) {
    case 'cut-body':
      response.write(half, () => response.socket?.destroy())
      break
    case 'stalled-body':
      response.write(half)
      break
    case 'endless-body':
      pipeline(Readable.from(endless(body)), response, () => {})
      break
    default:
      response.end(body)
  }
}

function * endless (body: string): Generator<string> {
  yield body
  while (true) yield ' '.repeat(16 * 1024)
}
