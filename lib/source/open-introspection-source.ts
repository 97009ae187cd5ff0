import type { Clock } from '../clock.ts'
import type { ZitadelError } from '../errors.ts'
import type { Config } from '../options/config.ts'
import type { Registration } from '../registration.ts'
import type { Reporter } from '../reporter.ts'
import { openCustomSource } from './custom-source.ts'
import type { IntrospectionSource } from './introspection-source.ts'
import { openServerSource } from './server-source.ts'

/**
 * Opens the source that the options describe: an authorization server, or the user's own function.
 *
 * @param pollInterval milliseconds between two checks of a key file
 * @throws ZitadelError `FST_ZITADEL_OPTION` where the credentials cannot be read
 */
export async function openIntrospectionSource (config: Config, clock: Clock, reporter: Reporter, registration: Registration, pollInterval?: number): Promise<IntrospectionSource> {
  const { authorizationServer, introspect } = config
  const onFailure = (error: ZitadelError): void => {
    reporter.reportFailure(error)
    registration.publishFailure(error)
  }
  if (authorizationServer !== undefined) return await openServerSource(authorizationServer, config, clock, reporter, registration, onFailure, pollInterval)
  return openCustomSource(introspect!, config, clock, reporter, registration, onFailure)
}
