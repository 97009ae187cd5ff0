import { isB64Token } from '../../oauth/bearer.ts'
import { isPlainHttp } from '../../plain-http.ts'
import { createFailure, createSuccess, createWarning, type Diagnosis } from '../diagnosis.ts'
import { MCP_HEADERS, PING, describeAnswer, type Exchange } from './mcp-http.ts'

/** Sends the token, if that is safe. */
export async function sendTokenIfSafe (exchange: Exchange, given: string, token: string): Promise<Diagnosis> {
  if (!isB64Token(token)) return createFailure('mcp_token', 'mcp_token_malformed', 'The token contains characters that no bearer token has')
  if (isPlainHttp(given)) return createFailure('mcp_token', 'mcp_token_not_sent', 'The token was not sent: the URL is plain http')
  return await diagnoseMcpToken(exchange, given, token)
}

/** Sends a message with the token. It goes to the URL of the user, and to no other. */
async function diagnoseMcpToken (exchange: Exchange, url: string, token: string): Promise<Diagnosis> {
  const answer = await exchange(url, { ...PING, headers: { ...MCP_HEADERS, authorization: `Bearer ${token}` } })
  const { status } = answer
  if (status === 401) return createFailure('mcp_token', 'mcp_token_refused', 'The MCP server does not accept the token')
  if (status === 403) return createWarning('mcp_token', 'mcp_role_missing', 'The token is active, and the caller lacks a role that the route demands')
  if (status === undefined || status >= 500 || (status >= 300 && status < 400)) {
    return createFailure('mcp_token', 'mcp_token_unanswered', `The MCP server gave no answer about the token: ${describeAnswer(answer)}`)
  }
  return createSuccess('mcp_token', 'The MCP server accepts the token')
}
