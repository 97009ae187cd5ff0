import { isB64Token } from '../../oauth/bearer.ts'
import { isPlainHttp } from '../../plain-http.ts'
import { type Diagnosis, createFailure } from '../diagnosis.ts'
import type { Exchange } from './mcp-http.ts'
import { diagnoseMcpToken } from './mcp-server.ts'

/** Sends the token, if that is safe. */
export async function sendTokenIfSafe (exchange: Exchange, given: string, token: string): Promise<Diagnosis> {
  if (!isB64Token(token)) return createFailure('mcp_token', 'mcp_token_malformed', 'The token contains characters that no bearer token has')
  if (isPlainHttp(given)) return createFailure('mcp_token', 'mcp_token_not_sent', 'The token was not sent: the URL is plain http')
  return await diagnoseMcpToken(exchange, given, token)
}
