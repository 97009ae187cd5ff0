import { jwt, legacyToken, opaqueToken } from './token-format.ts'
import type { TokenOptions } from './token-options.ts'
import { grant, tokenRecord, type Issuer, type TokenRecord } from './token-record.ts'
import type { Roles } from './roles.ts'

/** The access tokens of an instance. */
export class Tokens {
  readonly #records = new Map<string, TokenRecord>()
  readonly #issuer: Issuer
  #lastId = 280000000000000700n

  constructor (issuer: Issuer) {
    this.#issuer = issuer
  }

  /** The record of a token that was issued here, live or not. */
  find (token: string): TokenRecord | undefined {
    return this.#records.get(token)
  }

  async issue (options: TokenOptions): Promise<string> {
    return await this.#add(tokenRecord(options, this.#nextId(), this.#nextId(), this.#issuer))
  }

  /** A new access token of the same session. The old one is dead at once. */
  async refresh (token: string): Promise<string> {
    const { sessionId, options, roles } = this.#known(token)
    this.end(token, 'refreshed')
    return await this.#add({ ...tokenRecord(options, sessionId, this.#nextId(), this.#issuer), roles })
  }

  end (token: string, reason: string): void {
    this.#known(token).ended ??= reason
  }

  endAllOf (sub: string, reason: string): void {
    for (const record of this.#records.values()) {
      if (record.sub === sub) record.ended ??= reason
    }
  }

  setRoles (token: string, roles: Roles | string[]): void {
    const record = this.#known(token)
    record.roles = grant(roles, record, this.#issuer)
  }

  async #add (record: TokenRecord): Promise<string> {
    const token = await write(record, this.#issuer.issuer)
    this.#records.set(token, record)
    return token
  }

  #known (token: string): TokenRecord {
    const record = this.#records.get(token)
    if (record === undefined) throw new TypeError('"token" must be one that this stand-in has issued')
    return record
  }

  #nextId (): string {
    return String(++this.#lastId)
  }
}

async function write ({ options, sub, id, clientId, audience, issuedAt, expiresAt }: TokenRecord, issuer: string): Promise<string> {
  if (options.format === 'legacy') return legacyToken()
  if (options.format !== 'jwt') return opaqueToken()
  return await jwt({ iss: issuer, sub, aud: audience, exp: expiresAt, iat: issuedAt, nbf: issuedAt, client_id: clientId, jti: id })
}
