import { createJwt, createLegacyToken, createOpaqueToken } from './token-format.ts'
import type { TokenOptions } from './token-options.ts'
import { normalizeRoles, createTokenRecord, type TokenIssuer, type TokenRecord } from './token-record.ts'
import type { Roles } from './roles.ts'

/** The access tokens of an instance. */
export class TokenStore {
  readonly #records = new Map<string, TokenRecord>()
  readonly #issuer: TokenIssuer
  #lastId = 280000000000000700n

  constructor (issuer: TokenIssuer) {
    this.#issuer = issuer
  }

  /** The record of an issued token, active or not. ZITADEL ignores white space in a token. */
  find (token: string): TokenRecord | undefined {
    return this.#records.get(token.replace(/\s/g, ''))
  }

  async issue (options: TokenOptions): Promise<string> {
    return await this.#add(createTokenRecord(options, this.#nextId(), this.#nextId(), this.#issuer))
  }

  /** Issues a new access token of the same session. The old token is inactive at once. */
  async refresh (token: string): Promise<string> {
    const { sessionId, options, roles } = this.#getRecord(token)
    this.end(token, 'refreshed')
    return await this.#add({ ...createTokenRecord(options, sessionId, this.#nextId(), this.#issuer), roles })
  }

  end (token: string, reason: string): void {
    this.#getRecord(token).endReason ??= reason
  }

  endAllOfUser (sub: string, reason: string): void {
    for (const record of this.#records.values()) {
      if (record.sub === sub) record.endReason ??= reason
    }
  }

  setRoles (token: string, roles: Roles | string[]): void {
    const record = this.#getRecord(token)
    record.roles = normalizeRoles(roles, record, this.#issuer)
  }

  async #add (record: TokenRecord): Promise<string> {
    const token = await createToken(record, this.#issuer.issuer)
    this.#records.set(token, record)
    return token
  }

  #getRecord (token: string): TokenRecord {
    const record = this.#records.get(token)
    if (record === undefined) throw new TypeError('"token" must be one that this stand-in has issued')
    return record
  }

  #nextId (): string {
    return String(++this.#lastId)
  }
}

async function createToken ({ options, sub, id, clientId, audience, issuedAt, expiresAt }: TokenRecord, issuer: string): Promise<string> {
  if (options.format === 'legacy') return createLegacyToken()
  if (options.format !== 'jwt') return createOpaqueToken()
  return await createJwt({ iss: issuer, sub, aud: audience, exp: expiresAt, iat: issuedAt, nbf: issuedAt, client_id: clientId, jti: id })
}
