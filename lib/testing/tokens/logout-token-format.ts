import { OBJECT, TEXT, type ValueChecks } from '../options/option-values.ts'
import { DEFAULT_USERS } from './default-users.ts'
import { createJwt } from './token-format.ts'

/** The properties of a logout token. Every option has a default. */
export interface LogoutTokenOptions {
  /** Id of the user. Default: the default user of a token. */
  sub?: string | undefined
  /** The application that the token is for. Default: `loginClientId` of the stand-in. */
  clientId?: string | undefined
  /** The session of the login that has ended. Default: a new id. */
  sid?: string | undefined
  /** Added last: wrong values of any type. `undefined` removes a claim. */
  claims?: Record<string, unknown> | undefined
  /** Added to the protected header. `undefined` removes a member. */
  header?: Record<string, unknown> | undefined
}

export const LOGOUT_TOKEN_OPTION_CHECKS: ValueChecks<LogoutTokenOptions> = { sub: TEXT, clientId: TEXT, sid: TEXT, claims: OBJECT, header: OBJECT }

const LIFETIME_SECONDS = 900
let lastId = 280000000000000300n

/**
 * Creates a logout token as ZITADEL sends it.
 *
 * @param now seconds since 1970
 * @see {@link https://openid.net/specs/openid-connect-backchannel-1_0.html#LogoutToken OpenID Connect Back-Channel Logout section 2.4}
 */
export async function createLogoutToken (
  { sub = DEFAULT_USERS.user.sub, clientId, sid = createId(), claims = {}, header = {} }: LogoutTokenOptions & { clientId: string },
  issuer: string, now: number
): Promise<string> {
  const events = { 'http://schemas.openid.net/event/backchannel-logout': {} }
  return await createJwt({ iss: issuer, sub, aud: [clientId], iat: now, exp: now + LIFETIME_SECONDS, jti: createId(), events, sid, ...claims }, header)
}

function createId (): string {
  return String(++lastId)
}
