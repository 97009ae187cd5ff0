import { createOptionError } from '../errors.ts'

/** @throws ZitadelError `FST_ZITADEL_OPTION` */
export function checkNonEmptyString (value: unknown, name: string): asserts value is string {
  // Half of a surrogate pair has no UTF-8 form, so no request can contain it.
  if (typeof value !== 'string' || value.trim() === '' || /\p{Surrogate}/u.test(value)) throw createOptionError(`${name} must be a non-empty string`)
}

/**
 * Rejects a client id or secret that can only be a mistake, such as one with a line break from a file. The message describes
 * the mistake and quotes nothing.
 *
 * @throws ZitadelError `FST_ZITADEL_OPTION`
 * @see {@link https://www.rfc-editor.org/rfc/rfc6749#appendix-A RFC 6749 appendix A}: both are printable ASCII
 */
export function checkCredential (value: unknown, name: string): asserts value is string {
  checkNonEmptyString(value, name)
  const problem = findProblem(value)
  if (problem !== undefined) throw createOptionError(`${name} ${problem}`)
}

/** The same for an id, in which ZITADEL has no spaces. @throws ZitadelError `FST_ZITADEL_OPTION` */
export function checkCredentialId (value: unknown, name: string): asserts value is string {
  checkCredential(value, name)
  if (value.includes(' ')) throw createOptionError(`${name} must not contain a space`)
}

/**
 * The same for an id in a JSON key. It may have other letters than those of ASCII: earlier versions of ZITADEL made the id of a
 * client from the name of its project.
 *
 * @throws ZitadelError `FST_ZITADEL_OPTION`
 */
export function checkKeyMember (value: string, name: string): void {
  const problem = findMistake(value) ?? (value.includes(' ') ? 'must not contain a space' : undefined)
  if (problem !== undefined) throw createOptionError(`${name} ${problem}`)
}

function findProblem (value: string): string | undefined {
  return findMistake(value) ?? (/^[\x20-\x7E]*$/.test(value) ? undefined : 'must be printable ASCII')
}

/** Describes what can only be a mistake in an id or a secret, and quotes nothing of it. */
function findMistake (value: string): string | undefined {
  if (/[\r\n]/.test(value)) return 'must not contain a line break (a file often ends with one)'
  if (value !== value.trim()) return 'must not start or end with white space'
  if (value.length > 1 && /^["'`]/.test(value) && value.endsWith(value[0]!)) return 'must not be in quotation marks'
  return undefined
}

/** A text that is compared with one of ZITADEL's. With a line break from a file, or in quotation marks, it would never be equal. */
export const isIdentifier = (value: unknown): value is string => typeof value === 'string' && value.trim() !== '' && findMistake(value) === undefined

/** Returns what to change in an identifier, or in an array of them; '' if that is unclear. */
export function getIdentifierHint (value: unknown): string {
  const mistake = [value].flat().map((one) => typeof one === 'string' ? findMistake(one) : undefined).find((one) => one !== undefined)
  return mistake === undefined ? '' : `: ${Array.isArray(value) ? 'each of them' : 'it'} ${mistake}`
}
