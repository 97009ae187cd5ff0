import type { FastifyRequest } from 'fastify'
import { ZitadelError, type DenialReason } from '../errors.ts'
import type { AccessCheck, AccessChecks, ToolChecks } from '../guard/checks/access-checks.ts'
import type { AccessContext } from '../guard/checks/access-context.ts'
import type { BearerErrorsFinder } from '../guard/denials/bearer-errors.ts'
import { hasMatchingHeaders, decodeNameHeader, parseMessages, type McpMessage } from './mcp-message.ts'

/** HTTP methods whose requests mostly have no body, and then call no tool. Of some, Fastify parses none. */
const BODILESS_METHODS = new Set(['GET', 'HEAD', 'OPTIONS', 'DELETE', 'TRACE'])

/**
 * Creates the checks of routes with `mcp`. The headers of the newer protocol allow an early denial. They prove nothing, and the older
 * protocol has none: so the parsed body decides, in each entry of a batch, and a request whose header disagrees with it is denied.
 *
 * @see {@link https://modelcontextprotocol.io/specification/2026-07-28/basic/transports Streamable HTTP}
 */
export function createToolChecks ({ scopes, roles }: AccessChecks, findErrors: BearerErrorsFinder): ToolChecks {
  const checkTool = (request: FastifyRequest, context: AccessContext, name: string): ZitadelError | undefined => {
    const { tools, areOthersAllowed } = context.requirement.tools!
    const requirement = tools.get(name)
    if (requirement === undefined) return areOthersAllowed ? undefined : replaceMessage(findErrors(request).insufficientGrants(undefined, 'tool_not_listed', ''), 'The tool is not allowed here')
    const toolContext = { ...context, requirement }
    const denial = scopes(request, toolContext) ?? roles(request, toolContext)
    return denial && replaceMessage(denial, `Tool "${name}": ${denial.message}`)
  }
  const checkMessage = (request: FastifyRequest, context: AccessContext, message: McpMessage): ZitadelError | undefined => {
    if (message.method === null) return createInvalidRequest('The method of a message must be a string')
    if (!hasMatchingHeaders(message, request.headers)) return createInvalidRequest('The headers Mcp-Method and Mcp-Name must agree with the body', 'message_differs_from_headers')
    if (message.method !== 'tools/call') return undefined
    return message.tool === undefined ? createInvalidRequest('A tool call must name its tool') : checkTool(request, context, message.tool)
  }
  return { early: createEarlyCheck(checkTool), late: createLateCheck(checkMessage) }
}

function createEarlyCheck (checkTool: (request: FastifyRequest, context: AccessContext, name: string) => ZitadelError | undefined): AccessCheck {
  return (request, context) => {
    const { 'mcp-method': method, 'mcp-name': header } = request.headers
    if (method !== 'tools/call' || typeof header !== 'string') return undefined
    const name = decodeNameHeader(header)
    if (name === undefined) return createInvalidRequest('The header Mcp-Name is malformed')
    // For a tool that is not listed, the body decides: it may name another tool, and then the answer must be a 400.
    return context.requirement.tools!.tools.has(name) ? checkTool(request, context, name) : undefined
  }
}

function createLateCheck (checkMessage: (request: FastifyRequest, context: AccessContext, message: McpMessage) => ZitadelError | undefined): AccessCheck {
  return (request, context) => {
    if (context.requirement.tools === undefined) return undefined
    const { body, method } = request
    if (body === undefined && BODILESS_METHODS.has(method) && !hasBody(request)) return undefined
    // A handler could read a body that no parser has read: then the guard has not checked which tool is called.
    const messages = parseMessages(body)
    if (messages === undefined) return createInvalidRequest('The body must be JSON: a JSON-RPC message or an array of them')
    for (const message of messages) {
      const denial = checkMessage(request, context, message)
      if (denial !== undefined) return denial
    }
    return undefined
  }
}

/** Whether a request has a body, parsed or not. */
function hasBody ({ headers, raw }: FastifyRequest): boolean {
  if (headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0') return true
  // HTTP/2 needs neither field.
  return raw.httpVersionMajor === 2 && !(raw as unknown as { readonly stream: { readonly endAfterHeaders: boolean } }).stream.endAfterHeaders
}

/** Creates an error that is not about the token. It has no challenge, so that no client logs in because of it. */
function createInvalidRequest (message: string, reason: DenialReason = 'message_malformed'): ZitadelError {
  return new ZitadelError('FST_ZITADEL_INVALID_REQUEST', 400, message, {}, undefined, reason)
}

/** The client of the MCP SDK shows the message to the user. */
function replaceMessage ({ code, statusCode, headers, cause, reason }: ZitadelError, message: string): ZitadelError {
  return new ZitadelError(code, statusCode, message, headers, cause as Error | undefined, reason)
}
