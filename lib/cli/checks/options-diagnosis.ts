import { createFailure, type Diagnosis } from '../diagnosis.ts'
import type { Cause } from './causes.ts'

/** The messages of the plugin's own checks. The first that matches counts. */
const MESSAGES: ReadonlyArray<readonly [message: RegExp, cause: Cause]> = [
  [/ZITADEL_ISSUER\) is missing/, 'issuer_missing'],
  [/^(?:option "issuer"|the variable "ZITADEL_ISSUER") must be/, 'issuer_malformed'],
  [/^option "credentials" is missing/, 'credentials_missing'],
  [/must come from only one of the variables/, 'credentials_conflict'],
  [/must be set together/, 'credentials_incomplete'],
  [/must be a path, and holds the key itself/, 'key_in_key_file'],
  [/it looks like a path/, 'path_in_key'],
  [/reading it failed: ENOENT/, 'key_file_missing'],
  [/reading it failed: EISDIR/, 'key_file_is_directory'],
  [/reading it failed/, 'key_file_unreadable'],
  [/is the key of a service account/, 'key_of_service_account'],
  [/it is empty/, 'key_empty'],
  [/it is in quotation marks/, 'key_quoted'],
  [/it is only the PEM/, 'key_is_pem'],
  [/its PEM contains line breaks/, 'key_line_breaks'],
  [/with keyId, key and clientId/, 'key_incomplete'],
  [/unencrypted private key as PEM/, 'key_pem_broken'],
  [/ZITADEL accepts no other/, 'key_unsupported'],
  [/must be ZITADEL's JSON key/, 'key_not_json'],
  [/URL of a proxy|not percent-encoded/, 'proxy_malformed']
]

/**
 * Finds the cause for the message of an error of the options.
 *
 * @param rename changes the message as the user gets it
 */
export function diagnoseOptions (message: string, rename: (message: string) => string): Diagnosis {
  return createFailure('options', MESSAGES.find(([pattern]) => pattern.test(message))?.[1] ?? 'option_wrong', rename(message))
}
