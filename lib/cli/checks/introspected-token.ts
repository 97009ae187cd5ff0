import type { Introspect } from '../../client/introspection-client.ts'
import type { DenialReason } from '../../errors.ts'
import { describeDenial } from '../../guard/denials/denial-sentences.ts'
import type { IntrospectionResponse } from '../../oauth/introspection.ts'
import type { Config } from '../../options/config.ts'
import { createVerdict } from '../../verdicts/verdict.ts'
import { getAudienceScope } from '../../zitadel/scopes.ts'
import { isPersonalAccessToken } from '../../zitadel/token-id.ts'
import type { Cause } from './causes.ts'
import { diagnoseTokenForm, type TokenForm } from './token-form.ts'
import { isSignedByIssuer } from './token-signature.ts'
import { createFailureWithCure, createFailure, createSuccess, createWarning, type Diagnosis } from '../diagnosis.ts'

/**
 * Checks a token by introspection. The token is never part of a message.
 *
 * @param clientId of this API
 * @param now milliseconds since 1970
 */
export async function diagnoseToken (token: string, config: Config, clientId: string, introspect: Introspect, now: number): Promise<Diagnosis[]> {
  const form = diagnoseTokenForm(token, config, now)
  if (!form.isToken) return [form.diagnosis]
  try {
    const response = await introspect(token, { onSend () {} })
    return [form.diagnosis, ...response.active ? diagnoseActive(response, config, now) : [await diagnoseInactive(token, form, config, clientId)]]
  } catch (error) {
    // The message is for callers, the cause for operators.
    const { message } = (error as { cause: Error }).cause
    return [form.diagnosis, createFailure('introspection', 'token_unknown', `ZITADEL gave no answer about the token: ${message}`)]
  }
}

async function diagnoseInactive (token: string, { claims, diagnosis }: TokenForm, { authorizationServer, projectId, timeout }: Config, clientId: string): Promise<Diagnosis> {
  // The form shows the reason.
  if (diagnosis.status === 'failed') return createFailureWithCure('introspection', 'The token is not accepted', 'This follows from the failed line above', diagnosis.see, diagnosis.cause)
  const audience = [claims?.['aud']].flat()
  const isForThisApi = audience.includes(clientId) || (projectId !== undefined && audience.includes(projectId))
  const isSigned = claims !== undefined ? await isSignedByIssuer(token, authorizationServer!, timeout) : undefined
  if (isSigned === false) return createFailure('introspection', 'token_signature', 'The token is not accepted: its signature is by no key of this issuer')
  const cause: Cause = isForThisApi && isSigned === true ? 'token_revoked' : 'token_inactive'
  return createFailure('introspection', cause, cause === 'token_revoked'
    ? 'The token is not accepted: it is for this API and has not expired, and ZITADEL says that it is not active. It was revoked or replaced by a refresh, or its user was locked, deactivated or logged out'
    : `The token is not accepted: ${describeDenial('token_inactive')}`)
}

function diagnoseActive (response: IntrospectionResponse, config: Config, now: number): Diagnosis[] {
  const { granted, reason } = createVerdict(response, config, 0, now)
  if (granted === undefined) {
    const cure = describeDenialCure(reason!, config.projectId)
    return [createFailureWithCure('introspection', `The token is not accepted: ${describeDenial(reason!)}`, cure, `docs/its-401.md#${reason!}`, reason!)]
  }
  const kind = isPersonalAccessToken(response['jti']) ? '. It is a personal access token' : ''
  const roles = Object.keys(granted.token.roles)
  const project = findOtherProject(response, config.projectId)
  return [
    createSuccess('introspection', `The token is active for this API${kind}`),
    ...project ? [createWarning('project', 'other_project', 'The roles that ZITADEL lists are those of another project than --project-id')] : [],
    roles.length > 0 ? createSuccess('roles', `Roles: ${roles.sort().join(', ')}`) : createWarning('roles', 'roles_absent', 'The token has no role in this project')
  ]
}

function describeDenialCure (reason: DenialReason, projectId: string | undefined): string {
  return reason === 'project_not_in_audience' ? `Let the client request the scope ${getAudienceScope(projectId!)}, or correct the id of the project` : 'See the section of the reason'
}

/** Introspection lists the roles of the project of the application whose credentials are used. */
function findOtherProject (response: IntrospectionResponse, projectId: string | undefined): boolean {
  const projects = Object.keys(response).map((claim) => /^urn:zitadel:iam:org:project:(\d+):roles$/.exec(claim)?.[1]).filter((id) => id !== undefined)
  return projectId !== undefined && projects.length > 0 && !projects.includes(projectId)
}
