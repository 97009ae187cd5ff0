import { ROLES } from '../options/option-values.ts'
import { LEGACY_TOKEN_LENGTH, createJwt, createLegacyToken, createOpaqueToken } from './token-format.ts'
import type { TokenOptions } from './token-options.ts'
import { normalizeRoles, createTokenRecord, type TokenIssuer, type TokenRecord } from './token-record.ts'
import type { Roles } from './roles.ts'

/** What has happened to a token or the roles of its user. `record` is the token afterwards. */
export interface TokenChange {
  readonly kind: 'revoked' | 'refreshed' | 'roles'
  readonly record: TokenRecord
  readonly previousRoles: Roles
}

/** The access tokens of an instance. */
export class TokenStore {
  readonly #records = new Map<string, TokenRecord>()
  /** Legacy tokens by their text without the last four characters. */
  readonly #legacyTokens = new Map<string, string>()
  readonly #issuer: TokenIssuer
  readonly #onChange: (change: TokenChange) => void
  #lastId = 280000000000000700n

  constructor (issuer: TokenIssuer, onChange: (change: TokenChange) => void) {
    this.#issuer = issuer
    this.#onChange = onChange
  }

  /**
   * The record of an issued token, active or not. ZITADEL ignores white space in a token. Of a legacy token it accepts any last
   * character, and the token without its last four characters.
   */
  find (token: string): TokenRecord | undefined {
    const text = token.replace(/\s/g, '')
    return this.#records.get(text) ?? this.#findLegacy(text)
  }

  #findLegacy (text: string): TokenRecord | undefined {
    const token = this.#legacyTokens.get(text.slice(0, LEGACY_TOKEN_LENGTH - 4))
    if (token === undefined) return undefined
    const isAlike = text.length === token.length ? text.slice(0, -1) === token.slice(0, -1) : text.length === token.length - 4
    return isAlike ? this.#records.get(token) : undefined
  }

  async issue (options: TokenOptions): Promise<string> {
    return await this.#add(createTokenRecord(options, this.#nextId(), this.#nextId(), this.#issuer))
  }

  /** Issues a new access token of the same session. The old token is inactive at once. */
  async refresh (token: string): Promise<string> {
    const old = this.#getRecord(token)
    old.endReason ??= 'refreshed'
    const record = { ...createTokenRecord(old.options, old.sessionId, this.#nextId(), this.#issuer), roles: old.roles }
    this.#onChange({ kind: 'refreshed', record, previousRoles: old.roles })
    return await this.#add(record)
  }

  revoke (token: string): void {
    this.revokeRecord(this.#getRecord(token))
  }

  /** @param record of a token of this store */
  revokeRecord (record: TokenRecord): void {
    if (record.endReason !== undefined) return
    record.endReason = 'revoked'
    this.#onChange({ kind: 'revoked', record, previousRoles: record.roles })
  }

  /**
   * @returns the organization of the user
   * @throws TypeError if no token was issued to the user
   */
  endAllOfUser (sub: string, reason: string): string {
    const records = [...this.#records.values()].filter((record) => record.sub === sub)
    const [first] = records
    if (first === undefined) throw new TypeError('"sub" must be the id of a user to whom this stand-in has issued a token')
    for (const record of records) record.endReason ??= reason
    return first.organization.id
  }

  setRoles (token: string, roles: Roles | string[]): void {
    if (!ROLES[0](roles)) throw new TypeError(`"roles" must be ${ROLES[1]}`)
    const record = this.#getRecord(token)
    const previousRoles = record.roles
    record.roles = normalizeRoles(roles, record, this.#issuer)
    this.#onChange({ kind: 'roles', record, previousRoles })
  }

  async #add (record: TokenRecord): Promise<string> {
    const token = await createToken(record, this.#issuer.issuer)
    this.#records.set(token, record)
    if (record.options.format === 'legacy') this.#legacyTokens.set(token.slice(0, -4), token)
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
