import { randomUUID } from 'node:crypto'
import { finished } from 'node:stream'
import { createMcpFastifyApp } from '@modelcontextprotocol/fastify'
import { NodeStreamableHTTPServerTransport } from '@modelcontextprotocol/node'
import type { McpServer } from '@modelcontextprotocol/server'
import type { FastifyInstance } from 'fastify'
import zitadel, { type ZitadelOptions } from 'fastify-zitadel'
import { createNotesServer } from './notes-server.ts'

/** A session of the protocol before 2026, and the user who opened it. */
interface Session {
  readonly sub: string
  readonly server: McpServer
  readonly transport: NodeStreamableHTTPServerTransport
}

/** An MCP server with sessions: each has a server of its own, and a stream that stays open. */
export async function buildSessionApi (options: ZitadelOptions, recheck = 60): Promise<{ app: FastifyInstance, sessions: Map<string, Session> }> {
  const app = createMcpFastifyApp()
  const sessions = new Map<string, Session>()
  await app.register(zitadel, options)
  const tools = { 'list-notes': {}, 'add-note': { roles: ['writer'] }, 'purge-notes': { roles: ['admin'] } }

  const openSession = async (sub: string): Promise<NodeStreamableHTTPServerTransport> => {
    const server = createNotesServer()
    const transport = new NodeStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => { sessions.set(id, { sub, server, transport }) },
      onsessionclosed: (id) => { sessions.delete(id) }
    })
    await server.connect(transport)
    return transport
  }

  // #region sessions
  app.all('/mcp', { config: { mcp: { tools } } }, async (request, reply) => {
    const id = request.headers['mcp-session-id']
    const session = typeof id === 'string' ? sessions.get(id) : undefined
    // The id of a session does not identify the caller.
    if (id !== undefined && session?.sub !== request.zitadel.sub) return await reply.code(404).send({ message: 'There is no such session' })
    const transport = session?.transport ?? await openSession(request.zitadel.sub)
    reply.hijack()
    finished(reply.raw, app.zitadel.onEnd(request, () => { reply.raw.destroy() }, { recheck }))
    await transport.handleRequest(Object.assign(request.raw, { auth: app.zitadel.authInfo(request)! }), reply.raw, request.body)
  })
  // #endregion sessions
  app.addHook('preClose', async () => { for (const { server } of sessions.values()) await server.close() })
  return { app, sessions }
}
