import { OPTION_CHECKS } from '../options/checks.ts'
import { UsageError } from './command.ts'

/**
 * Checks the issuer, as the plugin does.
 *
 * @throws UsageError
 */
export function parseIssuer (issuer: string | undefined): string {
  if (!issuer) throw new UsageError('the issuer is missing: give --issuer, or the variable ZITADEL_ISSUER')
  const [isValid, expected, getHint] = OPTION_CHECKS.issuer
  // The commands that log in have no flag for another address.
  if (!isValid(issuer)) throw new UsageError(`the issuer must be ${expected}${getHint!(issuer).replace(/ \(for plain http .*\)$/, '')}`)
  return issuer.replace(/\/$/, '')
}
