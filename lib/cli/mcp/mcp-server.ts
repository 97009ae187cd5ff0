import { createFailure, createSuccess, createWarning, type Diagnosis } from '../diagnosis.ts'
import { MCP_HEADERS, PING, describeAnswer, type Answer, type Exchange } from './mcp-http.ts'

/** The response of the server to a client without a token. */
export interface Challenge {
  readonly diagnoses: readonly Diagnosis[]
  /** `resource_metadata`. Undefined if the challenge has none. */
  readonly metadataUrl: string | undefined
  /** `scope`. Undefined if the challenge has none. */
  readonly scopes: readonly string[] | undefined
  /** Whether there is an MCP server. */
  readonly isReachable: boolean
}

/**
 * Sends a message without a token, and reads the challenge.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9728#section-5.1 RFC 9728 section 5.1}
 */
export async function diagnoseChallenge (exchange: Exchange, url: string): Promise<Challenge> {
  const answer = await exchange(url, { ...PING, headers: MCP_HEADERS })
  const { status } = answer
  if (status === 401) return readChallenge(answer)
  const isReachable = Number(status) < 300 || [400, 406, 415].includes(Number(status))
  const diagnosis = isReachable
    ? createFailure('mcp_guard', 'mcp_unguarded', `The MCP server does not demand a token: it answers a message without one with status ${status}`)
    : createFailure('mcp_server', 'mcp_unreachable', `No MCP server answers there: ${describeAnswer(answer)}`)
  return { diagnoses: [diagnosis], metadataUrl: undefined, scopes: undefined, isReachable }
}

function readChallenge ({ challenge }: Answer & { readonly challenge?: string | undefined }): Challenge {
  const find = (name: string): string | undefined => new RegExp(`[ ,]${name}="([^"]{0,2000})"`, 'i').exec(String(challenge))?.[1]
  const [metadataUrl, scope] = [find('resource_metadata'), find('scope')]
  return {
    diagnoses: [
      createSuccess('mcp_server', 'The MCP server demands a token'),
      metadataUrl !== undefined
        ? createSuccess('mcp_challenge', 'The challenge points to the metadata of the resource')
        : createWarning('mcp_challenge', 'resource_metadata_not_named', 'The challenge does not point to the metadata of the resource (resource_metadata)')
    ],
    metadataUrl,
    scopes: scope?.split(' '),
    isReachable: true
  }
}
