import { UsageError } from '../command.ts'
import type { Diagnosis } from '../diagnosis.ts'
import { diagnoseAuthorizationServer } from './mcp-authorization-server.ts'
import { createExchange } from './mcp-http.ts'
import { diagnoseResource } from './mcp-resource.ts'
import { diagnoseChallenge } from './mcp-server.ts'
import { sendTokenIfSafe } from './mcp-token.ts'

/** What is known of the API, beside what the server shows. */
export interface McpExpectations {
  readonly issuer: string | undefined
  readonly projectId: string | undefined
  /** Milliseconds for one exchange. Default: 5000. */
  readonly timeout: number | undefined
  /** The environment variables, which can name a proxy. */
  readonly env: NodeJS.ProcessEnv
}

/**
 * Does what an MCP client does: the challenge, the metadata of the resource, the authorization server, and the token. It needs no
 * credentials. The token is sent to the given URL only, and it is never part of a message.
 *
 * @param given the URL that clients are given
 * @param token undefined if none was given
 * @throws UsageError if it is no http or https URL
 */
export async function diagnoseMcp (given: string, token: string | undefined, { issuer, projectId, timeout = 5000, env }: McpExpectations): Promise<Diagnosis[]> {
  if (!/^https?:\/\/[^/@]+(?:\/[^?#]*)?$/.test(given) || !URL.canParse(given)) throw new UsageError('--mcp must be the URL of the MCP server, such as https://api.acme.example/mcp')
  const exchange = createExchange(timeout, env)
  const challenge = await diagnoseChallenge(exchange, given)
  if (!challenge.isReachable) return [...challenge.diagnoses]
  const { diagnoses, document } = await diagnoseResource(exchange, given, challenge, projectId)
  return [
    ...challenge.diagnoses,
    ...diagnoses,
    ...document === undefined ? [] : await diagnoseAuthorizationServer(exchange, document, issuer),
    ...token === undefined ? [] : [await sendTokenIfSafe(exchange, given, token)]
  ]
}
