import { randomUUID } from 'node:crypto'
import type { SecretClient, SigningClient } from '../oauth/client-authentication.ts'
import type { Registration, RegistrationState } from '../registration.ts'
import type { Config } from '../options/config.ts'
import type { ZitadelError } from '../errors.ts'
import { CachedCheck, toCheckResult, type CheckResult } from './health-check.ts'
import { IntrospectionClient, type Introspect } from '../client/introspection-client.ts'
import type { Clock } from '../clock.ts'
import { traceIntrospections } from '../client/introspection-trace.ts'
import { fetchKeys } from '../client/fetch-keys.ts'
import { ConnectionPool, createDispatcherSender } from '../client/connection-pool.ts'
import { readFingerprint, watchKeyFile } from './key-file-watch.ts'
import { Limiter } from '../client/limiter.ts'
import { Reporter } from '../reporter.ts'
import type { SharedCache } from '../shared-cache/shared-cache.ts'
import { openSharedCache } from '../shared-cache/open-shared-cache.ts'
import { runAtOnce, wrapCustomIntrospect } from './custom-introspect.ts'
import { KEYS_PATH } from '../zitadel/endpoints.ts'
import { describeProxyAdvice } from './proxy-advice.ts'

/** The source of responses during the life of a server. Its client is replaced with the credentials. */
export interface IntrospectionSource {
  readonly introspect: Introspect
  /** Undefined without the option `cache.shared`. */
  readonly sharedCache: SharedCache | undefined
  readonly check: () => Promise<CheckResult>
  readonly reload: () => Promise<CheckResult>
  /** Fetches the public keys of the issuer, as an unchecked JSON value; undefined with the option `introspect`. */
  readonly fetchKeys: (() => Promise<unknown>) | undefined
  /** The state that only the source has. */
  readonly readState: () => Pick<RegistrationState, 'queued' | 'isCircuitClosed' | 'credentialsExpireIn'>
  readonly close: () => Promise<void>
}

/** Milliseconds in which the same reason to keep the previous credentials is logged once. A key file is tried again every five seconds. */
const FAILED_REPLACEMENT_INTERVAL_MS = 60_000

/**
 * @param pollInterval milliseconds between two checks of a key file
 * @throws ZitadelError `FST_ZITADEL_OPTION` where the credentials cannot be read
 */
export async function openIntrospectionSource (config: Config, clock: Clock, reporter: Reporter, registration: Registration, pollInterval?: number): Promise<IntrospectionSource> {
  const { authorizationServer, introspect: customIntrospect } = config
  const onFailure = (error: ZitadelError): void => {
    reporter.reportFailure(error)
    registration.publishFailure(error)
  }
  if (authorizationServer !== undefined) return await openServerSource(authorizationServer, config, clock, reporter, registration, onFailure, pollInterval)
  const limiter = new Limiter(config.limits, config.timeout / 2, clock)
  const wrap = (run: Limiter['run']): Introspect => wrapCustomIntrospect(customIntrospect!, config.timeout, run, onFailure)
  const check = new CachedCheck(() => toCheckResult(() => introspectRandomToken(wrap(runAtOnce))), clock).run
  const sharedCache = openSharedCache(config, undefined, clock, reporter.log)
  return { introspect: traceIntrospections(wrap(async (...call) => await limiter.run(...call)), registration, clock), sharedCache, check, reload: check, fetchKeys: undefined, readState: () => ({ queued: limiter.queued }), close: async () => { await sharedCache?.close() } }
}

async function openServerSource (server: NonNullable<Config['authorizationServer']>, config: Config, clock: Clock, reporter: Reporter, registration: Registration, onFailure: (error: ZitadelError) => void, pollInterval?: number): Promise<IntrospectionSource> {
  const { issuer, endpoint, credentials, proxy } = server
  const { timeout, retry, breaker, limits } = config
  const { file } = credentials
  const fingerprint = file && await readFingerprint(file)
  const first = await credentials.read()
  const sharedCache = openSharedCache(config, first, clock, reporter.log)
  const pool = config.dispatcher === undefined ? new ConnectionPool(endpoint.origin, limits.concurrent, timeout, proxy?.server) : undefined
  const options = {
    issuer,
    endpoint,
    sender: pool ?? createDispatcherSender(config.dispatcher!),
    timeout,
    proxyAdvice: describeProxyAdvice(proxy),
    retry,
    breaker,
    limiter: new Limiter(limits, timeout / 2, clock),
    onFailure,
    // The connections can be the cause: after a failover, some are open that no server will use.
    onDown: () => pool?.replace(),
    // A client whose credentials are still being checked is not published.
    onCircuitChange: (changed: IntrospectionClient, isOpen: boolean) => { if (changed === client) registration.publishCircuit(isOpen) }
  }
  let client = new IntrospectionClient(first, options, clock)
  let candidate: IntrospectionClient | undefined
  let isClosed = false
  const failedReplacementReporter = new Reporter(reporter.log, clock, FAILED_REPLACEMENT_INTERVAL_MS)
  let expiresAt = getExpiry(first)

  const check = new CachedCheck(() => toCheckResult(() => introspectRandomToken(client.introspectDirectly)), clock)
  const replace = async (): Promise<CheckResult> => {
    const result = await toCheckResult(async () => {
      const read = await credentials.read()
      const checked = candidate = new IntrospectionClient(read, options, clock)
      await introspectRandomToken(checked.introspectSilently)
      if (!client.isCircuitClosed) registration.publishCircuit(false)
      client = checked
      expiresAt = getExpiry(read)
      // A failure that was counted would be written afterwards, as if the previous ones were still in use.
      reporter.flush()
      failedReplacementReporter.flush()
      reporter.report('info', 'FST_ZITADEL_CREDENTIALS', 'the new credentials are in use: ZITADEL has accepted them')
      registration.publishCredentials('replaced')
      check.forget()
      if (sharedCache !== undefined && config.cache.shared!.key === undefined) {
        reporter.report('warn', 'FST_ZITADEL_SHARED_KEY', 'the credentials were replaced, but the key of the shared cache is derived from the first ones: processes that start now do not share with this one and do not receive its "forget" (give "cache.shared.key")')
      }
    })
    if (!result.ok && !isClosed) {
      failedReplacementReporter.report('error', result.code, `the credentials were not replaced, the previous credentials stay in use: ${result.reason}`)
      registration.publishCredentials('kept', result.code, result.reason)
    }
    return result
  }
  // One after the other. Otherwise a late response for an older key could restore it.
  let replacing: Promise<unknown> = Promise.resolve()
  const reload = async (): Promise<CheckResult> => {
    const current = replacing.then(replace)
    replacing = current
    return await current
  }
  const stopWatching = file === undefined ? () => {} : watchKeyFile(file, fingerprint, async () => (await reload()).ok, pollInterval)
  return {
    introspect: traceIntrospections(async (token, onSend, onUnconfirmed, onResponse, subject) => {
      const used = client
      return await used.introspect(token, onSend, onUnconfirmed, onResponse, subject).catch(async (error: ZitadelError) => {
        // The previous credentials may have been removed after the request was sent.
        if (client === used || error.code !== 'FST_ZITADEL_CLIENT_REJECTED') throw error
        return await client.introspect(token, onSend, onUnconfirmed, onResponse, subject)
      })
    }, registration, clock),
    sharedCache,
    check: check.run,
    reload,
    fetchKeys: async () => await fetchKeys(options.sender, { ...endpoint, path: KEYS_PATH }, timeout),
    readState: () => ({ queued: options.limiter.queued, isCircuitClosed: client.isCircuitClosed, credentialsExpireIn: expiresAt && expiresAt - clock.wall() }),
    close: async () => {
      stopWatching()
      isClosed = true
      failedReplacementReporter.flush()
      client.endChecks()
      candidate?.endChecks()
      await sharedCache?.close()
      await pool?.close()
    }
  }
}

/** Introspects a random token. Any response to it means that ZITADEL accepts this API. */
async function introspectRandomToken (introspect: Introspect): Promise<void> {
  await introspect(randomUUID(), () => {})
}

/** Milliseconds since 1970; undefined for a secret, and for a key whose expiry is not known. */
function getExpiry (credentials: SigningClient | SecretClient): number | undefined {
  return 'expiresAt' in credentials ? credentials.expiresAt : undefined
}
