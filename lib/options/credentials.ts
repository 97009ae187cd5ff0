import { readFile } from 'node:fs/promises'
import { wrongOption } from '../errors.ts'
import { clientSecretBasic, type SecretClient, type SigningClient } from '../oauth/client-authentication.ts'
import { parseApplicationKey } from '../zitadel/application-key.ts'
import type { Credentials } from './options.ts'

/** Where this API's credentials are found. */
export interface CredentialsSource {
  /** Reads them as they are now. */
  readonly read: () => Promise<SigningClient | SecretClient>
  /** The file that they are in, where they are in one: it can be replaced while the server runs. */
  readonly file?: string
}

const VARIABLES = 'ZITADEL_KEY_FILE, ZITADEL_KEY, or ZITADEL_CLIENT_ID with ZITADEL_CLIENT_SECRET'
const ALGORITHMS = ['RS256', 'PS256', 'ES256']
const FORMS = [['keyFile'], ['key'], ['clientId', 'clientSecret'], ['clientId', 'keyId', 'alg', 'sign']]

/** Where the credentials come from, judged by their shape; nothing is read yet. */
export function readCredentials (given: Credentials | undefined, env: NodeJS.ProcessEnv): CredentialsSource {
  return given === undefined ? fromEnvironment(env) : fromOption(given)
}

function fromOption (given: Credentials): CredentialsSource {
  const names = Object.entries(given).filter(([, value]) => value !== undefined).map(([name]) => name)
  const known = FORMS.some((form) => form.length === names.length && form.every((name) => names.includes(name)))
  if (!known) throw wrongOption('option "credentials" must be exactly one of { keyFile }, { key }, { clientId, clientSecret } or { clientId, keyId, alg, sign }')
  const { keyFile, key, sign, alg, ...texts } = given as { keyFile?: string, key?: unknown, sign?: unknown, alg?: string }
  for (const [name, value] of Object.entries({ ...texts, ...(keyFile !== undefined && { keyFile }) })) {
    checkText(value, `option "credentials.${name}"`)
  }
  if (keyFile !== undefined) return fileSource(keyFile, 'option "credentials.keyFile"')
  if (key !== undefined) return keySource(key, 'option "credentials.key"')
  if (sign === undefined) return secretSource(texts as { clientId: string, clientSecret: string })
  if (typeof sign !== 'function') throw wrongOption('option "credentials.sign" must be a function of the bytes to sign')
  if (!ALGORITHMS.includes(alg as string)) throw wrongOption(`option "credentials.alg" must be one of ${ALGORITHMS.join(', ')}: ZITADEL accepts no other`)
  const client = { ...texts, alg, sign } as SigningClient
  return { read: async () => client }
}

function fromEnvironment (env: NodeJS.ProcessEnv): CredentialsSource {
  const { ZITADEL_KEY_FILE: keyFile, ZITADEL_KEY: key, ZITADEL_CLIENT_ID: clientId, ZITADEL_CLIENT_SECRET: clientSecret } = env
  const sources: CredentialsSource[] = []
  if (keyFile) sources.push(fileSource(keyFile, 'the variable "ZITADEL_KEY_FILE"'))
  if (key) sources.push(keySource(key, 'the variable "ZITADEL_KEY"'))
  if (clientId && clientSecret) {
    checkText(clientId, 'the variable "ZITADEL_CLIENT_ID"')
    checkText(clientSecret, 'the variable "ZITADEL_CLIENT_SECRET"')
    sources.push(secretSource({ clientId, clientSecret }))
  } else if (clientId || clientSecret) throw wrongOption('the variables "ZITADEL_CLIENT_ID" and "ZITADEL_CLIENT_SECRET" must be set together')
  const [source, ...others] = sources
  if (source === undefined) throw wrongOption(`option "credentials" is missing: give it, or one of the variables ${VARIABLES}`)
  if (others.length > 0) throw wrongOption(`option "credentials" must come from only one of the variables ${VARIABLES}`)
  return source
}

function checkText (value: unknown, name: string): void {
  // Half of a surrogate pair has no UTF-8, so no form and no header could carry it.
  if (typeof value !== 'string' || value.trim() === '' || /\p{Surrogate}/u.test(value)) throw wrongOption(`${name} must be a non-empty string`)
}

function fileSource (path: string, name: string): CredentialsSource {
  const read = async (): Promise<SigningClient> => {
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      throw wrongOption(`${name} must name a readable file with ZITADEL's JSON key (reading it failed: ${error.code}); the path is relative to the working directory, and ~ is not expanded`)
    })
    return parsed(text, name)
  }
  return { read, file: path }
}

function keySource (key: unknown, name: string): CredentialsSource {
  // Parsed at once: a wrong key stops the start, and the parsing is paid for once.
  const client = parsed(key, name)
  return { read: async () => client }
}

function parsed (source: unknown, name: string): SigningClient {
  try {
    return parseApplicationKey(source)
  } catch (error) {
    throw wrongOption(`${name} ${(error as Error).message}`)
  }
}

function secretSource ({ clientId, clientSecret }: { clientId: string, clientSecret: string }): CredentialsSource {
  const credentials = clientSecretBasic(clientId, clientSecret)
  return { read: async () => credentials }
}
