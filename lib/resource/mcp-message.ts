import type { FastifyRequest } from 'fastify'
import { toOptionalString } from '../untrusted-json.ts'

/** What the guard reads of a JSON-RPC message. */
export interface McpMessage {
  /** Undefined for a response, which a client can send too. Null if it is no text: a table of methods would read `['tools/call']` as one. */
  readonly method: string | null | undefined
  /** The tool that is called; undefined for another method, or if it has no name. */
  readonly tool: string | undefined
  /** What the header `Mcp-Name` repeats; undefined if the method has nothing of the kind. */
  readonly name: string | undefined
}

/** The parameter that the header `Mcp-Name` repeats, by method. */
const NAME_PARAMETERS = new Map([['tools/call', 'name'], ['prompts/get', 'name'], ['resources/read', 'uri'], ['tasks/get', 'taskId'], ['tasks/update', 'taskId'], ['tasks/cancel', 'taskId']])

/**
 * Reads the messages of a body.
 *
 * @param body as Fastify has parsed it
 * @returns undefined if it is not one object or an array of objects: a stream, a buffer and a text are none, because a handler could
 *   read a message from them
 */
export function parseMessages (body: unknown): McpMessage[] | undefined {
  const entries: unknown[] = Array.isArray(body) ? body : [body]
  return entries.every(isPlainObject) ? entries.map(toMessage) : undefined
}

function toMessage (entry: Record<string, unknown>): McpMessage {
  const method = entry['method'] === undefined ? undefined : toOptionalString(entry['method']) ?? null
  const parameter = NAME_PARAMETERS.get(method!)
  const { params } = entry
  const name = parameter !== undefined && isPlainObject(params) ? toOptionalString(params[parameter]) : undefined
  return { method, name, tool: method === 'tools/call' ? name : undefined }
}

/** Whether the headers that repeat parts of a message have its values. A missing header agrees: the older protocol has none. */
export function hasMatchingHeaders ({ method, name }: McpMessage, { 'mcp-method': methodHeader, 'mcp-name': nameHeader }: FastifyRequest['headers']): boolean {
  if (methodHeader !== undefined && methodHeader !== method) return false
  return nameHeader === undefined || !NAME_PARAMETERS.has(method!) || (name !== undefined && decodeNameHeader(String(nameHeader)) === name)
}

/**
 * Decodes the header `Mcp-Name`: plain, or Base64 of UTF-8 between `=?base64?` and `?=`.
 *
 * @returns undefined if the Base64 is malformed
 */
export function decodeNameHeader (header: string): string | undefined {
  if (!header.startsWith('=?base64?') || !header.endsWith('?=')) return header
  const encoded = header.slice(9, -2)
  const decoded = Buffer.from(encoded, 'base64')
  return decoded.toString('base64') === encoded ? decoded.toString() : undefined
}

function isPlainObject (value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
