import type { Config } from './config.ts'

const HOUR_SECONDS = 3600
const MIN_TIMEOUT_MS = 50
const MIN_CACHE_BYTES = 1024 * 1024

/** Lists options whose value is allowed but probably in the wrong unit. */
export function findUnitMistakes ({ cache, staleIfError, timeout }: Pick<Config, 'cache' | 'staleIfError' | 'timeout'>): string[] {
  const found: string[] = []
  const check = (name: string, isSuspect: boolean, unit: string, limit: string): void => {
    if (isSuspect) found.push(`option "${name}" is a number of ${unit}, and is ${limit}`)
  }
  if (cache !== false) {
    check('cache.ttl', cache.ttl > HOUR_SECONDS, 'seconds', 'more than an hour: a revoked token can be accepted that long')
    check('cache.inactiveTtl', cache.inactiveTtl > HOUR_SECONDS, 'seconds', 'more than an hour')
    check('cache.maxBytes', cache.maxBytes < MIN_CACHE_BYTES, 'bytes', 'less than a mebibyte')
  }
  check('staleIfError', staleIfError > 24 * HOUR_SECONDS, 'seconds', 'more than a day')
  check('timeout', timeout < MIN_TIMEOUT_MS, 'milliseconds', `less than ${MIN_TIMEOUT_MS}`)
  return found
}
