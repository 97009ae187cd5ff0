import { ConnectionPool } from '../client/connection-pool.ts'
import { createDispatcherSender } from '../client/dispatcher-sender.ts'
import { fetchKeys } from '../client/fetch-keys.ts'
import { traceIntrospections } from '../client/introspection-trace.ts'
import { Limiter } from '../client/limiter.ts'
import type { Clock } from '../clock.ts'
import type { ZitadelError } from '../errors.ts'
import type { Config } from '../options/config.ts'
import type { Registration } from '../registration.ts'
import type { Reporter } from '../reporter.ts'
import { openSharedCache } from '../shared-cache/open-shared-cache.ts'
import { OUTDATED_KEY } from '../shared-cache/shared-key.ts'
import { KEYS_PATH } from '../zitadel/endpoints.ts'
import { CredentialRotation } from './credential-rotation.ts'
import { CachedCheck, introspectRandomToken, toCheckResult } from './health-check.ts'
import type { IntrospectionSource } from './introspection-source.ts'
import { KeyFileWatch, readFingerprint } from './key-file-watch.ts'
import { describeConnectionAdvice } from './connection-advice.ts'

/**
 * Opens the source that asks an authorization server.
 *
 * @param onFailure called for each introspection without a response
 * @param pollInterval milliseconds between two checks of a key file
 * @throws ZitadelError `FST_ZITADEL_OPTION` where the credentials cannot be read
 */
export async function openServerSource (
  server: NonNullable<Config['authorizationServer']>, config: Config, clock: Clock, reporter: Reporter, registration: Registration,
  onFailure: (error: ZitadelError) => void, pollInterval?: number
): Promise<IntrospectionSource> {
  const { issuer, endpoint, credentials, proxy } = server
  const { timeout, retry, breaker, limits } = config
  const { file, read } = credentials
  const fingerprint = file && await readFingerprint(file)
  const first = await read()
  const sharedCache = openSharedCache(config, first, clock, reporter.log)
  const pool = config.dispatcher === undefined ? new ConnectionPool(endpoint.origin, limits.concurrent, timeout, proxy?.server) : undefined
  const sender = pool ?? createDispatcherSender(config.dispatcher!)
  const limiter = new Limiter(limits, timeout / 2, clock)
  const rotation = new CredentialRotation(first, {
    read,
    client: {
      issuer,
      endpoint,
      sender,
      timeout,
      connectionAdvice: describeConnectionAdvice(endpoint.origin, proxy),
      retry,
      breaker,
      limiter,
      onFailure,
      // The connections can be the cause: after a failover, some are open that no server will use.
      onDown: () => pool?.replace(),
      onUp: () => { reporter.report('info', 'FST_ZITADEL_AVAILABLE', 'introspections succeed again') }
    },
    registration,
    reporter,
    onReplaced: () => {
      check.forget()
      if (sharedCache !== undefined && config.cache.shared!.key === undefined) {
        reporter.report('warn', 'FST_ZITADEL_SHARED_KEY', OUTDATED_KEY)
      }
    }
  }, clock)
  const check = new CachedCheck(() => toCheckResult(() => introspectRandomToken(rotation.client.introspectDirectly)), clock)
  const watch = file === undefined ? undefined : new KeyFileWatch(file, fingerprint, { replace: rotation.reload, onChanged: rotation.flushFailures, onRestored: rotation.endFailures }, pollInterval)
  return {
    introspect: traceIntrospections(rotation.introspect, registration, clock),
    introspectSilently: async (...call) => await rotation.client.introspectSilently(...call),
    sharedCache,
    check: check.run,
    reload: watch?.replace ?? rotation.reload,
    fetchKeys: async () => await fetchKeys(sender, { ...endpoint, path: KEYS_PATH }, timeout),
    readState: () => ({ queued: limiter.queued, isCircuitClosed: rotation.client.isCircuitClosed, credentialsExpireIn: rotation.expiresIn }),
    close: async () => {
      watch?.end()
      rotation.close()
      await sharedCache?.close()
      await pool?.close()
    }
  }
}
