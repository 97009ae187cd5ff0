import type { ZitadelError } from '../errors.ts'
import { OutageError, createUnavailableError } from '../failures.ts'

const MESSAGES = {
  queue: 'too many introspections are waiting already',
  subject: 'too many introspections for one subject are waiting already',
  wait: 'waited too long in the queue'
}

/** Creates the error of an introspection that a limit of this API does not let start: its 503 is no outage of ZITADEL. */
export function createOverloadError (reason: keyof typeof MESSAGES): ZitadelError {
  return createUnavailableError(new OutageError(MESSAGES[reason], 'check for a flood of tokens, or raise the option "limits"', true), 1)
}
