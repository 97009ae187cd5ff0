import type { IncomingMessage, ServerResponse } from 'node:http'
import { createMcpFastifyApp } from '@modelcontextprotocol/fastify'
import { toNodeHandler } from '@modelcontextprotocol/node'
import { createMcpHandler, type McpHttpHandler } from '@modelcontextprotocol/server'
import type { FastifyInstance } from 'fastify'
import zitadel, { type ZitadelOptions } from 'fastify-zitadel'
import { createNotesServer } from './notes-server.ts'

/** The API, and the handler that publishes changes to open streams. */
export interface McpApi {
  readonly app: FastifyInstance
  readonly mcp: McpHttpHandler
}

/**
 * An MCP server on the official packages, guarded by three lines: `register`, `config` and `authInfo`.
 *
 * @param recheck seconds between two looks at the token of an open stream
 */
export async function buildApi (options: ZitadelOptions, recheck = 60): Promise<McpApi> {
  const app = createMcpFastifyApp()
  const mcp = createMcpHandler(createNotesServer)
  const handle = toNodeHandler(mcp) as (request: IncomingMessage, response: ServerResponse, body: unknown) => Promise<void>
  // #region tools
  const tools = { 'list-notes': {}, 'add-note': { roles: ['writer'] }, 'purge-notes': { roles: ['admin'] } }
  // #endregion tools

  // #region guard
  await app.register(zitadel, options) // { resource: 'https://api.acme.example/mcp', projectId: '311...' }

  app.all('/mcp', { config: { mcp: { tools } } }, async (request, reply) => {
    reply.hijack()
    reply.raw.once('close', app.zitadel.onEnd(request, () => { reply.raw.destroy() }, { recheck }))
    await handle(Object.assign(request.raw, { auth: app.zitadel.authInfo(request) }), reply.raw, request.body)
  })
  // #endregion guard
  // Before the server waits for its requests: an open stream is one that does not end by itself.
  app.addHook('preClose', async () => { await mcp.close() })
  return { app, mcp }
}
