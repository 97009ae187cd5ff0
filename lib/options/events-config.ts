import { createOptionError } from '../errors.ts'
import { checkOptions, createPathCheck, type OptionCheck } from './checks.ts'
import { getIdentifierHint, isIdentifier } from './credential-checks.ts'
import type { EventsOptions } from './events-options.ts'

/** The checked option `events`. */
export interface EventsConfig {
  readonly path: string
  readonly signingKeys: readonly string[]
  readonly instanceId: string | undefined
}

/** ZITADEL's keys have 36 characters. A short key could be guessed. */
const MIN_KEY_LENGTH = 16
const MAX_KEYS = 10

const isSigningKey = (value: unknown): boolean => isIdentifier(value) && value.length >= MIN_KEY_LENGTH
const KEY = `a signing key of a target in ZITADEL, at least ${MIN_KEY_LENGTH} characters`

const EVENTS_CHECKS: Readonly<Record<keyof EventsOptions, OptionCheck>> = {
  path: createPathCheck('/zitadel/events'),
  signingKey: [isSigningKey, KEY, getIdentifierHint],
  signingKeys: [
    (value) => Array.isArray(value) && value.length > 0 && value.length <= MAX_KEYS && Array.from(value).every(isSigningKey),
    `an array of 1 to ${MAX_KEYS} keys, each ${KEY}`,
    getIdentifierHint
  ],
  instanceId: [isIdentifier, 'the id of an instance of ZITADEL, a non-empty string', getIdentifierHint]
}

/**
 * Checks the option `events`.
 *
 * @throws ZitadelError `FST_ZITADEL_OPTION`
 */
export function resolveEvents (options: EventsOptions): EventsConfig {
  checkOptions(options, EVENTS_CHECKS, 'events.', { required: ['path'] })
  const { path, signingKey, signingKeys, instanceId } = options
  if ((signingKey === undefined) === (signingKeys === undefined)) throw createOptionError('option "events" must have exactly one of "signingKey" and "signingKeys"')
  return Object.freeze({ path, signingKeys: signingKeys ?? [signingKey!], instanceId })
}
