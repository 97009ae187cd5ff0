import { McpServer, fromJsonSchema } from '@modelcontextprotocol/server'

const notes = ['buy milk']

/** An MCP server with three tools. Nothing in it is about authorization. */
export function createNotesServer (): McpServer {
  const server = new McpServer({ name: 'notes', version: '1.0.0' }, { capabilities: { tools: { listChanged: true } } })
  const answer = (text: string): { content: [{ type: 'text', text: string }] } => ({ content: [{ type: 'text', text }] })

  server.registerTool('list-notes', { description: 'Lists all notes' }, (context) => {
    return answer(`${String(context.http?.authInfo?.extra?.['sub'])} reads ${notes.length} notes: ${notes.join(', ')}`)
  })

  const inputSchema = fromJsonSchema<{ text: string }>({ type: 'object', properties: { text: { type: 'string', maxLength: 200 } }, required: ['text'] })
  server.registerTool('add-note', { description: 'Adds a note', inputSchema }, ({ text }) => {
    notes.push(text)
    return answer(`added ${text}`)
  })

  server.registerTool('purge-notes', { description: 'Deletes all notes' }, () => {
    notes.length = 0
    return answer('deleted all notes')
  })
  return server
}
