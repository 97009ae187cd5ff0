import { ZitadelError } from '../../errors.ts'

/**
 * Converts what was thrown during a request. The response says that the configuration is wrong, the log says what is wrong.
 *
 * @param thrown anything: user code can throw a non-error value, and the request must still be denied
 */
export function toRequestError (thrown: unknown): Error {
  if (thrown instanceof ZitadelError && thrown.code === 'FST_ZITADEL_OPTION') {
    return new ZitadelError('FST_ZITADEL_OPTION', 500, 'This route is not configured correctly', {}, thrown)
  }
  return thrown instanceof Error ? thrown : new Error('a non-error value was thrown')
}
