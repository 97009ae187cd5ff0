import type { Introspect } from '../client/introspection-client.ts'
import { traceIntrospections } from '../client/introspection-trace.ts'
import { Limiter } from '../client/limiter.ts'
import type { Clock } from '../clock.ts'
import type { ZitadelError } from '../errors.ts'
import type { Config } from '../options/config.ts'
import type { Registration } from '../registration.ts'
import type { Reporter } from '../reporter.ts'
import { openSharedCache } from '../shared-cache/open-shared-cache.ts'
import { runAtOnce, wrapCustomIntrospect } from './custom-introspect.ts'
import { CachedCheck, introspectRandomToken, toCheckResult } from './health-check.ts'
import type { IntrospectionSource } from './introspection-source.ts'

/**
 * Opens the source that calls the user's own function.
 *
 * @param onFailure called for each introspection without a response
 */
export function openCustomSource (
  introspect: NonNullable<Config['introspect']>, config: Config, clock: Clock, reporter: Reporter, registration: Registration,
  onFailure: (error: ZitadelError) => void
): IntrospectionSource {
  const limiter = new Limiter(config.limits, config.timeout / 2, clock)
  const wrap = (run: Limiter['run'], report = onFailure): Introspect => wrapCustomIntrospect(introspect, config.timeout, run, report)
  const check = new CachedCheck(() => toCheckResult(() => introspectRandomToken(wrap(runAtOnce))), clock).run
  const sharedCache = openSharedCache(config, undefined, clock, reporter.log)
  return {
    introspect: traceIntrospections(wrap(async (...call) => await limiter.run(...call)), registration, clock),
    introspectSilently: wrap(runAtOnce, () => {}),
    sharedCache,
    check,
    reload: check,
    fetchKeys: undefined,
    readState: () => ({ queued: limiter.queued }),
    close: async () => { await sharedCache?.close() }
  }
}
