const FORWARD = 'Let a proxy forward paths that start with /.well-known/oauth-protected-resource'
const RESOURCE = 'Set the option "resource" to exactly the URL that clients are given, with its path and without a slash more or less'
const PROJECT = 'Set the option "projectId". Without the scope, tokens of clients of other projects are inactive for this API'
const FOUND = 'docs/doctor.md#mcp-servers'
const OPTION = 'docs/mcp.md'
const ZITADEL = 'docs/mcp.md#set-up-zitadel'

/** The causes that the doctor distinguishes for an MCP client: what to do, and the section of the documents. */
export const MCP_CAUSES = {
  mcp_unreachable: ['Check the URL, and whether the server runs. A redirect is not followed, because clients do not send a token to another place', FOUND],
  mcp_unguarded: ['Register the plugin in the scope of this route, and do not declare it with access: public', 'docs/routes.md'],
  resource_metadata_not_named: ['Set the option "resource" to the URL of the server: the route is outside of it, or a proxy removes the header WWW-Authenticate', OPTION],
  resource_metadata_missing: [`Set the option "resource". ${FORWARD}`, OPTION],
  resource_metadata_elsewhere: [FORWARD, FOUND],
  resource_metadata_not_at_path: [FORWARD, FOUND],
  resource_not_named: [RESOURCE, OPTION],
  resource_other: [RESOURCE, OPTION],
  resource_around: [RESOURCE, OPTION],
  audience_scope_not_named: [PROJECT, OPTION],
  audience_scope_only_in_challenge: [PROJECT, OPTION],
  authorization_server_missing: ['Serve the metadata with the option "resource", and with no route of your own at its path', OPTION],
  authorization_server_other: ['Deploy the server with the same issuer', FOUND],
  authorization_server_unreachable: ['Clients must be able to reach the issuer. Check the name, the port and the certificate', FOUND],
  authorization_server_renamed: ['Set the option "issuer" to that name, or give ZITADEL the public name that clients use', 'docs/doctor.md#discovery'],
  pkce_not_advertised: ['Clients refuse it. Check the proxies in front of ZITADEL: its own metadata has code_challenge_methods_supported', FOUND],
  registration_off: ['Create an application with PKCE in ZITADEL, and give its client id to the users of MCP clients', ZITADEL],
  mcp_token_malformed: ['Pass the token alone, without "Bearer" and without quotes', 'docs/doctor.md#form-of-the-token'],
  mcp_token_not_sent: ['Give clients an https URL', FOUND],
  mcp_token_refused: ['The log of the server has the reason. Or run the doctor without --mcp, with the credentials of the API and --project-id. Most often the client did not request the audience scope', 'docs/its-401.md#token_inactive'],
  mcp_role_missing: ['Add a Role Assignment in the console', 'docs/its-403.md'],
  mcp_token_unanswered: ['See the log of the server', 'docs/outages.md']
} as const satisfies Readonly<Record<string, readonly [cure: string, see: string]>>

export type McpCause = keyof typeof MCP_CAUSES
