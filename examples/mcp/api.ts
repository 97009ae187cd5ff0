import type { IncomingMessage, ServerResponse } from 'node:http'
import { finished } from 'node:stream'
import { createMcpFastifyApp } from '@modelcontextprotocol/fastify'
import { toNodeHandler } from '@modelcontextprotocol/node'
import { createMcpHandler, type McpHttpHandler } from '@modelcontextprotocol/server'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import zitadel, { ZitadelError, type ZitadelOptions } from 'fastify-zitadel'
import { createNotesServer } from './notes-server.ts'

/** The API, and the handler that publishes changes to open streams. */
export interface McpApi {
  readonly app: FastifyInstance
  readonly mcp: McpHttpHandler
}

/**
 * An MCP server on the official packages, guarded by three lines: `register`, `config` and `authInfo`.
 *
 * @param recheck seconds between two checks of the token of an open stream
 */
export async function buildApi (options: ZitadelOptions, recheck = 60): Promise<McpApi> {
  // #region server
  const app = createMcpFastifyApp()
  const mcp = createMcpHandler(createNotesServer)
  const handle = toNodeHandler(mcp) as (request: IncomingMessage, response: ServerResponse, body: unknown) => Promise<void>
  // #endregion server
  // #region tools
  const tools = { 'list-notes': {}, 'add-note': { roles: ['writer'] }, 'purge-notes': { roles: ['admin'] } }
  // #endregion tools

  // #region guard
  await app.register(zitadel, options) // { resource: 'https://api.acme.example/mcp', projectId: '311...' }

  app.all('/mcp', { config: { mcp: { tools } }, errorHandler: sendAsJsonRpc }, async (request, reply) => {
    reply.hijack()
    finished(reply.raw, app.zitadel.onEnd(request, () => { reply.raw.destroy() }, { recheck }))
    await handle(Object.assign(request.raw, { auth: app.zitadel.authInfo(request) }), reply.raw, request.body)
  })
  // #endregion guard
  // Before the server waits for its requests: an open stream is one that does not end by itself.
  app.addHook('preClose', async () => { await mcp.close() })
  return { app, mcp }
}

// #region errors
/** Answers errors in the form of the protocol. The guard has set the headers of a denial already. */
async function sendAsJsonRpc (error: FastifyError, { body }: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { id } = (body ?? {}) as { id?: string | number }
  const status = error.statusCode ?? 500
  const isOurs = status >= 500
  const isMismatch = error instanceof ZitadelError && error.reason === 'message_differs_from_headers'
  return await reply.code(status).send({ jsonrpc: '2.0', id, error: { code: isMismatch ? -32020 : isOurs ? -32603 : -32600, message: isOurs ? 'Internal error' : error.message } })
}
// #endregion errors
