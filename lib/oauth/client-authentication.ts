/** The part of a request that authenticates the client: form fields to append, or header fields. */
export interface ClientAuthentication {
  readonly form: string
  readonly headers: Readonly<Record<string, string>>
  /** The secret in the header fields before it was encoded. No log may quote it. '' if there is none. */
  readonly secret: string
}

/** A client that authenticates with a secret. */
export interface SecretClient extends ClientAuthentication {
  readonly clientId: string
}

/**
 * HTTP Basic. The id and the secret are form-url-encoded first.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1 RFC 6749 section 2.3.1}
 */
export function clientSecretBasic (clientId: string, clientSecret: string): SecretClient {
  const pair = `${encodeFormValue(clientId)}:${encodeFormValue(clientSecret)}`
  return { clientId, form: '', headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` }, secret: clientSecret }
}

function encodeFormValue (value: string): string {
  return encodeURIComponent(value).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`).replaceAll('%20', '+')
}
