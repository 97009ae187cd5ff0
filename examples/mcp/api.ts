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

/** An MCP server on the official packages, guarded by three lines: `register`, `config` and `authInfo`. */
export async function buildApi (options: ZitadelOptions): Promise<McpApi> {
  const app = createMcpFastifyApp()
  const mcp = createMcpHandler(createNotesServer)
  const handle = toNodeHandler(mcp) as (request: IncomingMessage, response: ServerResponse, body: unknown) => Promise<void>
  const tools = { 'list-notes': {}, 'add-note': { roles: ['writer'] }, 'purge-notes': { roles: ['admin'] } }

  // #region guard
  await app.register(zitadel, options) // { resource: 'https://api.acme.example/mcp', projectId: '311...' }

  app.all('/mcp', { config: { mcp: { tools } } }, async (request, reply) => {
    reply.hijack()
    await handle(Object.assign(request.raw, { auth: app.zitadel.authInfo(request) }), reply.raw, request.body)
  })
  // #endregion guard
  app.addHook('onClose', async () => { await mcp.close() })
  return { app, mcp }
}
