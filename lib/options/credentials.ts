import { readFile } from 'node:fs/promises'
import { ZitadelError, createOptionError, getOptionProblem } from '../errors.ts'
import { clientSecretBasic, type SecretClient } from '../oauth/client-authentication.ts'
import { SIGNING_ALGORITHMS, type SigningClient } from '../oauth/private-key-jwt.ts'
import { parseApplicationKey } from '../zitadel/application-key.ts'
import { checkCredential, checkCredentialId, checkKeyMember, checkNonEmptyString } from './credential-checks.ts'
import type { Credentials } from './plugin-options.ts'

/** Provides the credentials of this API. */
export interface CredentialsProvider {
  /** Reads the credentials as they are now. */
  readonly read: () => Promise<SigningClient | SecretClient>
  /** Path of the file that contains them, if there is one. The file can be replaced while the server runs. */
  readonly file?: string
}

const CREDENTIAL_VARIABLES = 'ZITADEL_KEY_FILE, ZITADEL_KEY, or ZITADEL_CLIENT_ID with ZITADEL_CLIENT_SECRET'
/** All variables of this package. */
const VARIABLES = ['ZITADEL_ISSUER', 'ZITADEL_KEY_FILE', 'ZITADEL_KEY', 'ZITADEL_CLIENT_ID', 'ZITADEL_CLIENT_SECRET', 'ZITADEL_ADMIN_TOKEN']
const CREDENTIAL_FORMS = [['keyFile'], ['key'], ['clientId', 'clientSecret'], ['clientId', 'keyId', 'alg', 'sign']]
/** The forms of the option, as messages list them. */
export const CREDENTIAL_FORMS_TEXT = '{ keyFile }, { key }, { clientId, clientSecret } or { clientId, keyId, alg, sign }'

/**
 * Selects where the credentials come from by their form. Reads no file yet.
 *
 * @throws ZitadelError `FST_ZITADEL_OPTION`
 */
export function resolveCredentials (given: Credentials | undefined, env: NodeJS.ProcessEnv): CredentialsProvider {
  return given === undefined ? resolveFromEnvironment(env) : resolveFromOption(given)
}

function resolveFromOption (given: Credentials): CredentialsProvider {
  const names = Object.entries(given).filter(([, value]) => value !== undefined).map(([name]) => name)
  const known = CREDENTIAL_FORMS.some((form) => form.length === names.length && form.every((name) => names.includes(name)))
  const hint = names.includes('keyId') && names.includes('key') ? ' (it looks like the key itself: give { key })' : ''
  if (!known) throw createOptionError(`option "credentials" must be exactly one of ${CREDENTIAL_FORMS_TEXT}${hint}`)
  const { keyFile, key, sign, alg, ...texts } = given as { keyFile?: string, key?: unknown, sign?: unknown, alg?: string }
  for (const [name, value] of Object.entries(texts)) {
    if (name === 'clientSecret') checkCredential(value, 'option "credentials.clientSecret"')
    else checkCredentialId(value, `option "credentials.${name}"`)
  }
  if (keyFile !== undefined) return createFileProvider(keyFile, 'option "credentials.keyFile"')
  if (key !== undefined) return createKeyProvider(key, 'option "credentials.key"')
  if (sign === undefined) return createSecretProvider(texts as { clientId: string, clientSecret: string })
  if (typeof sign !== 'function') throw createOptionError('option "credentials.sign" must be a function of the bytes to sign')
  if (!(SIGNING_ALGORITHMS as readonly unknown[]).includes(alg)) throw createOptionError(`option "credentials.alg" must be one of ${SIGNING_ALGORITHMS.join(', ')}: ZITADEL accepts no other`)
  const client = { ...texts, alg, sign } as SigningClient
  return { read: async () => client }
}

function resolveFromEnvironment (env: NodeJS.ProcessEnv): CredentialsProvider {
  const { ZITADEL_KEY_FILE: keyFile, ZITADEL_KEY: key, ZITADEL_CLIENT_ID: clientId, ZITADEL_CLIENT_SECRET: clientSecret } = env
  const providers: CredentialsProvider[] = []
  if (keyFile) providers.push(createFileProvider(keyFile, 'the variable "ZITADEL_KEY_FILE"'))
  if (key) providers.push(createKeyProvider(key, 'the variable "ZITADEL_KEY"'))
  if (clientId && clientSecret) {
    checkCredentialId(clientId, 'the variable "ZITADEL_CLIENT_ID"')
    checkCredential(clientSecret, 'the variable "ZITADEL_CLIENT_SECRET"')
    providers.push(createSecretProvider({ clientId, clientSecret }))
  } else if (clientId || clientSecret) throw createOptionError('the variables "ZITADEL_CLIENT_ID" and "ZITADEL_CLIENT_SECRET" must be set together', 'credentials_incomplete')
  const [source, ...others] = providers
  if (source === undefined) throw createOptionError(`option "credentials" is missing: give it, or one of the variables ${CREDENTIAL_VARIABLES}${describeUnknownVariables(env)}`, 'credentials_missing')
  if (others.length > 0) throw createOptionError(`option "credentials" must come from only one of the variables ${CREDENTIAL_VARIABLES}`, 'credentials_conflict')
  return source
}

/** Names variables that are set and not read, for messages about missing ones; '' if there are none. */
export function describeUnknownVariables (env: NodeJS.ProcessEnv): string {
  const unknown = Object.keys(env).filter((name) => /^ZITADEL_\w{1,30}$/.test(name) && !VARIABLES.includes(name)).slice(0, 5)
  return unknown.length === 0 ? '' : `; set, but not read: ${unknown.join(', ')}`
}

function createFileProvider (path: unknown, name: string): CredentialsProvider {
  checkNonEmptyString(path, name)
  if (path.trimStart().startsWith('{')) throw createOptionError(`${name} must be a path, and holds the key itself: that belongs in "credentials.key" or ZITADEL_KEY`, 'key_in_key_file')
  const read = async (): Promise<SigningClient> => {
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      const problem = error.code === 'ENOENT' ? 'key_file_missing' : error.code === 'EISDIR' ? 'key_file_is_directory' : 'key_file_unreadable'
      throw createOptionError(`${name} must name a readable file with ZITADEL's JSON key (reading it failed: ${error.code}); the path is relative to the working directory, and ~ is not expanded${describePath(path)}`, problem)
    })
    return parseKey(text, name)
  }
  return { read, file: path }
}

function createKeyProvider (key: unknown, name: string): CredentialsProvider {
  // Parsed once, at registration: an invalid key stops the start.
  const client = parseKey(key, name)
  return { read: async () => client }
}

function parseKey (source: unknown, name: string): SigningClient {
  try {
    const client = parseApplicationKey(source)
    for (const member of ['keyId', 'clientId'] as const) checkKeyMember(client[member], `${name}: its member "${member}"`)
    return client
  } catch (error) {
    throw error instanceof ZitadelError ? error : createOptionError(`${name} ${(error as Error).message}`, getOptionProblem(error as Error))
  }
}

/** Describes what is wrong with a path that names no file, and quotes nothing of it, because it can be the key; '' if that is unclear. */
function describePath (path: string): string {
  if (path !== path.trim()) return '; it starts or ends with white space'
  if (/^(["'`]).*\1$/s.test(path)) return '; it is in quotation marks: remove them'
  return /^\s*\{\s*"/.test(Buffer.from(path, 'base64').toString()) ? '; it seems to be the key itself, which belongs in "credentials.key" or ZITADEL_KEY' : ''
}

function createSecretProvider ({ clientId, clientSecret }: { clientId: string, clientSecret: string }): CredentialsProvider {
  const credentials = clientSecretBasic(clientId, clientSecret)
  return { read: async () => credentials }
}
