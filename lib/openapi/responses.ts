import type { RouteRule } from '../guard/rules/route-rules.ts'

interface Header { readonly description: string, readonly schema: { readonly type: string } }
interface Response { readonly description: string, readonly headers: Readonly<Record<string, Header>> }

/**
 * Adds the responses of the guard to those of an operation. A response that is documented already stays as it is, also if it is
 * documented for a range (`4XX`) or for all (`default`).
 */
export function addGuardResponses (responses: Record<string, unknown>, { requirement }: RouteRule): void {
  const isDocumented = (status: string): boolean => ['default', `${status[0]}XX`, status].some((key) => Object.hasOwn(responses, key))
  const canLackGrants = requirement.scopes.length > 0 || requirement.roles.length > 0
  const added = Object.entries(createResponses()).filter(([status]) => !isDocumented(status) && (status !== '403' || canLackGrants))
  for (const [status, response] of added) responses[status] = response
}

/** Creates new objects for each operation: YAML would write shared ones as aliases. */
function createResponses (): Record<string, Response> {
  const text = (description: string): Header => ({ description, schema: { type: 'string' } })
  return {
    401: { description: 'The access token is missing, invalid, expired or revoked.', headers: { 'WWW-Authenticate': text('The challenge (RFC 6750).') } },
    403: { description: 'The access token lacks a role or a scope that this operation requires.', headers: { 'WWW-Authenticate': text('The challenge (RFC 6750).') } },
    503: {
      description: 'ZITADEL cannot be asked at the moment. The token may be valid.',
      headers: { 'Retry-After': { description: 'Seconds after which to try again.', schema: { type: 'integer' } } }
    }
  }
}
