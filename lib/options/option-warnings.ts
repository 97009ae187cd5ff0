import { isPlainHttp } from '../plain-http.ts'
import type { Config } from './config.ts'

const HOUR_SECONDS = 3600
const MIN_TIMEOUT_MS = 50
const MIN_CACHE_BYTES = 1024 * 1024
/** `CLOCK_SKEW_MS` of the shared cache, which this layer does not import; a test compares the two. */
const SHARED_MARGIN_SECONDS = 5

/** Lists what is allowed but probably a mistake: a value in the wrong unit or without effect, a missing option, plain http. */
export function listOptionWarnings (config: Config): string[] {
  const { resources, projectId, authorizationServer } = config
  return [
    ...listUnitWarnings(config),
    ...resources.length > 0 && projectId === undefined ? ['option "resource" without "projectId": the metadata does not make clients request the audience scope, so the tokens of clients outside of the API\'s project are not active for it'] : [],
    ...authorizationServer !== undefined && isPlainHttp(authorizationServer.endpoint.origin) ? ['tokens and credentials go to ZITADEL over plain http (option "address")'] : []
  ]
}

function listUnitWarnings ({ cache, staleIfError, timeout }: Config): string[] {
  const found: string[] = []
  const check = (name: string, isSuspect: boolean, unit: string, limit: string): void => {
    if (isSuspect) found.push(`option "${name}" is a number of ${unit}, and is ${limit}`)
  }
  if (cache.isEnabled) {
    check('cache.ttl', cache.ttl > HOUR_SECONDS, 'seconds', 'more than an hour: a revoked token can be accepted that long')
    check('cache.inactiveTtl', cache.inactiveTtl > HOUR_SECONDS, 'seconds', 'more than an hour')
    check('cache.maxBytes', cache.maxBytes < MIN_CACHE_BYTES, 'bytes', 'less than a mebibyte')
    if (cache.shared !== undefined && cache.ttl <= SHARED_MARGIN_SECONDS) found.push(`option "cache.ttl" is ${SHARED_MARGIN_SECONDS} seconds or less, so processes share no responses through "cache.shared", only what is forgotten: a response from another process counts as ${SHARED_MARGIN_SECONDS} seconds older, because clocks can differ`)
  }
  check('staleIfError', staleIfError > 24 * HOUR_SECONDS, 'seconds', 'more than a day')
  check('timeout', timeout < MIN_TIMEOUT_MS, 'milliseconds', `less than ${MIN_TIMEOUT_MS}`)
  return found
}
