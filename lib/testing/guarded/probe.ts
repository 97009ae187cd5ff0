import { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import type { RouteContext, ServedRoute } from '../../guard/routes/served-routes.ts'

/** What became of a request without a token. */
export interface ProbeResult {
  /** Whether the request passed every hook before the handler. */
  readonly isHandlerReached: boolean
  /** Undefined if there was no response in time. */
  readonly status: number | undefined
}

/**
 * Sends a request without a token and without a body to a route, as the router would. The hooks of the route run, its handler does
 * not: the request has a copy of the route's context with another handler.
 *
 * @param client different for each request, so that a rate limit by address does not count them together
 * @param timeout milliseconds
 * @throws what the app throws before its first hook, such as in its option `genReqId`
 */
export async function probeRoute (route: ServedRoute, client: number, timeout: number): Promise<ProbeResult> {
  let isHandlerReached = false
  const context = replaceHandler(route.context, (_request, reply) => {
    isHandlerReached = true
    return reply.code(204).send()
  })
  const request = createRequest(route, client)
  const response = new ServerResponse(request)
  response.assignSocket(request.socket)
  const params = Object.fromEntries(route.params.map((name) => [name, 'x']))
  let timer: NodeJS.Timeout | undefined
  const isAnswered = await new Promise<boolean>((resolve) => {
    timer = setTimeout(() => { resolve(false) }, timeout)
    response.once('finish', () => { resolve(true) })
    // A hook can destroy the connection, also with an error, which would end this process if nothing listened.
    request.socket.once('close', () => { resolve(false) }).on('error', () => {})
    route.handle(request, response, params, context, {})
  }).finally(() => { clearTimeout(timer) })
  return { isHandlerReached, status: isAnswered ? response.statusCode : undefined }
}

/** A copy, so that other requests of the route are not affected. Without the schemas: a hook that runs after the validation can also be a guard. */
function replaceHandler (context: RouteContext, handler: RouteContext['handler']): RouteContext {
  const schemas = Object.getOwnPropertySymbols(context).filter(({ description }) => description?.endsWith('-schema'))
  const overrides = Object.fromEntries(schemas.map((symbol) => [symbol, { value: undefined }]))
  return Object.create(context, { ...overrides, handler: { value: handler } })
}

function createRequest ({ method, url }: ServedRoute, client: number): IncomingMessage {
  const socket = new Duplex({ write (_chunk, _encoding, done) { done() } })
  const remoteAddress = `127.${[client >> 16, client >> 8, client].map((part) => part & 255).join('.')}`
  const request = new IncomingMessage(Object.assign(socket, { remoteAddress }) as unknown as Socket)
  const path = url.replaceAll('::', ':').replace(/^(?!\/)/, '/')
  Object.assign(request, { method, url: path, httpVersion: '1.1', httpVersionMajor: 1, httpVersionMinor: 1, headers: { host: 'localhost' }, rawHeaders: ['Host', 'localhost'] })
  request.push(null)
  return request
}
