import { createPrivateKey } from 'node:crypto'
import { CompactSign } from 'jose'
import type { ApplicationKey, StandIn } from '../../lib/testing/index.ts'

export const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

export interface Answer {
  status: number
  headers: Headers
  text: string
  /** The parsed body, null where it is not JSON. */
  json: any
}

/** Sends a form to the introspection endpoint, without any credentials of its own. */
export async function post (standIn: StandIn, form: Record<string, string> | string, headers: Record<string, string> = {}, path = '/oauth/v2/introspect'): Promise<Answer> {
  const body = new URLSearchParams(form).toString()
  return await read(await fetch(standIn.address + path, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: typeof form === 'string' ? form : body
  }))
}

/** Introspects a token with the secret of an API, the stand-in's own by default. */
export async function introspect (standIn: StandIn, token: string, { clientId, clientSecret } = standIn.api): Promise<Answer> {
  return await post(standIn, { client_id: clientId, client_secret: clientSecret, token })
}

/** Introspects a token with a client assertion. */
export async function introspectWith (standIn: StandIn, token: string, assertion: string, headers: Record<string, string> = {}): Promise<Answer> {
  return await post(standIn, { client_assertion: assertion, client_assertion_type: assertionType, token }, headers)
}

export interface AssertionOptions {
  key?: ApplicationKey
  /** Milliseconds since the epoch. */
  now?: number
  claims?: Record<string, unknown>
  header?: Record<string, unknown>
}

/** A good client assertion, but for what is changed. */
export async function sign (standIn: StandIn, { key = standIn.credentials.key, now = Date.now(), claims, header }: AssertionOptions = {}): Promise<string> {
  const iat = Math.floor(now / 1000)
  const payload = { iss: key.clientId, sub: key.clientId, aud: standIn.issuer, iat, exp: iat + 3600, ...claims }
  return await new CompactSign(Buffer.from(JSON.stringify(payload)))
    .setProtectedHeader({ alg: 'RS256', kid: key.keyId, ...header })
    .sign(createPrivateKey(key.key))
}

async function read (response: Response): Promise<Answer> {
  const text = await response.text()
  const isJson = response.headers.get('content-type') === 'application/json' && text !== ''
  return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : null }
}
