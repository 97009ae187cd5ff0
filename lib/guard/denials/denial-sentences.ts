import type { DenialReason } from '../../errors.ts'
import { MAX_TOKEN_LENGTH } from '../../oauth/bearer.ts'

/** Each reason as a sentence for the log, where the message of the error says less. The documents list them with their cures. */
export const DENIAL_SENTENCES: Readonly<Record<DenialReason, string | undefined>> = {
  token_missing: undefined,
  scheme_not_bearer: 'the header "Authorization" has another scheme than "Bearer"',
  token_malformed: `it is empty, contains characters that no bearer token has, or is longer than ${MAX_TOKEN_LENGTH / 1024} KiB`,
  several_tokens: 'the request has two "Authorization" headers, or different tokens in two places',
  token_inactive: "ZITADEL says that it is not active: unknown, revoked, expired, or not for this API's project (its client must request the audience)",
  token_expired: "it has expired, by this machine's clock",
  token_not_yet_valid: "it is not valid yet, by this machine's clock: check that clock",
  token_bound: 'it is bound to a key or of another type, so it is no bearer token',
  other_issuer: 'ZITADEL says that it is not active, and its own "iss" is another issuer than the option "issuer"',
  client_not_listed: 'its client is not listed (option "clients")',
  client_absent: 'it is a personal access token, which has no client (option "clients")',
  project_not_in_audience: 'the project is not in its audience (option "projectId")',
  personal_access_token: 'it is a personal access token (option "personalAccessTokens")',
  actor_malformed: 'its claim "act" is malformed',
  scope_missing: 'the token was requested without the scope',
  role_missing: 'the caller lacks a required role',
  roles_absent: 'the introspection response contains no roles: the user has no role assignment in this project, or introspection is minimal',
  role_in_other_organization: 'the caller holds it, but not in the required organization',
  custom_scope_not_a_role: 'a custom scope is looked for among the roles, not in the scope of the token (option "customScopes")',
  organization_unknown: 'the function "organization" of this route gave no id',
  tool_not_listed: 'the key "mcp" of the route\'s config does not list the tool, and "otherTools" is not \'allowed\'',
  message_malformed: undefined,
  message_differs_from_headers: undefined
}

/** What the log shows at most of a text that this API does not bound. */
const MAX_DETAIL_LENGTH = 200

/**
 * Returns the sentence for a reason; undefined if there is nothing to say beside the message of the error.
 *
 * @param detail this API's own words, such as the required roles
 */
export function describeDenial (reason: DenialReason, detail = ''): string | undefined {
  const sentence = DENIAL_SENTENCES[reason]
  return detail === '' ? sentence : `${sentence} (${detail.slice(0, MAX_DETAIL_LENGTH)})`
}
