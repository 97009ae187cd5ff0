import { isPrintableAscii } from '../oauth/bearer.ts'

const MAX_PARENT_LENGTH = 200
/** A shorter run of letters and digits can occur in a token by chance. */
const MIN_QUOTE_LENGTH = 6
/** Words of the request that are no secrets, and occur in texts of ZITADEL. */
const PARAMETER_NAMES = /client_assertion_type=urn%3aietf%3aparams%3aoauth%3aclient-assertion-type%3ajwt-bearer|client_assertion=/g

/**
 * Formats the text `parent` of an error, in which ZITADEL sends the exact reason with the instance feature `debugOidcParentError`.
 *
 * @param error the parsed body
 * @param secrets the body that was sent and all that is secret beside it. A text that quotes it is not shown
 * @returns the end of a log line; `''` without a printable text
 */
export function formatParentText (error: unknown, secrets: string): string {
  const parent = (error as { parent?: unknown } | null | undefined)?.parent
  if (typeof parent !== 'string' || parent === '') return ''
  const text = parent.slice(0, MAX_PARENT_LENGTH)
  const hidden = secrets.toLowerCase().replace(PARAMETER_NAMES, ' ')
  const isQuoted = text.toLowerCase().split(/[^a-z0-9]+/).some((run) => run.length >= MIN_QUOTE_LENGTH && hidden.includes(run))
  return isQuoted || !isPrintableAscii(text) ? '' : ` [ZITADEL says: ${text.replace(/[[\]]/g, '|')}]`
}
