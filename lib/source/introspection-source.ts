import { randomUUID } from 'node:crypto'
import type { Config } from '../options/config.ts'
import type { ZitadelError } from '../errors.ts'
import { Remembered, resultOf, type CheckResult } from './health-check.ts'
import { IntrospectionClient, type Introspect } from '../client/introspection-client.ts'
import type { Clock } from '../clock.ts'
import { Connections } from '../client/connection-pool.ts'
import { printOf, watchKeyFile } from './key-file-watch.ts'
import { Limiter } from '../client/limiter.ts'
import type { Reporter } from '../reporter.ts'
import type { SharedCache } from '../shared-cache/shared-cache.ts'
import { openFleet } from '../shared-cache/open.ts'
import { substitute } from './custom-introspect.ts'

/** Where responses come from, over the life of a server. */
export interface Source {
  readonly introspect: Introspect
  /** What a fleet shares; undefined for a process that is alone. */
  readonly fleet: SharedCache | undefined
  readonly check: () => Promise<CheckResult>
  readonly reload: () => Promise<CheckResult>
  readonly close: () => Promise<void>
}

/**
 * @throws ZitadelError `FST_ZITADEL_OPTION` where the credentials cannot be read
 */
export async function openSource (config: Config, clock: Clock, reporter: Reporter): Promise<Source> {
  const { server, introspect: substituted } = config
  if (server !== undefined) return await openServer(server, config, clock, reporter)
  const introspect = substitute(substituted!, config.timeout, reporter.failure)
  const check = new Remembered(() => resultOf(() => askAnything(introspect)), clock).result
  const fleet = openFleet(config, undefined, clock, reporter.log)
  return { introspect, fleet, check, reload: check, close: async () => { await fleet?.close() } }
}

async function openServer (server: NonNullable<Config['server']>, config: Config, clock: Clock, reporter: Reporter): Promise<Source> {
  const { issuer, endpoint, credentials } = server
  const { timeout, retry, breaker, limits } = config
  const { file } = credentials
  const print = file === undefined ? undefined : await printOf(file)
  const first = await credentials.read()
  const fleet = openFleet(config, first, clock, reporter.log)
  const connections = config.dispatcher === undefined ? new Connections(endpoint.origin, limits.concurrent, timeout) : undefined
  const options = {
    issuer,
    endpoint,
    dispatcher: (connections ?? config.dispatcher)!,
    timeout,
    retry,
    breaker,
    limiter: new Limiter(limits, timeout / 2, clock),
    onFailure: reporter.failure,
    // They may be what is broken: a failover leaves connections behind that nobody has ended.
    onDown: () => connections?.renew()
  }
  let client = new IntrospectionClient(first, options, clock)

  const check = new Remembered(() => resultOf(() => askAnything(client.probe)), clock)
  const replace = async (): Promise<CheckResult> => {
    const result = await resultOf(async () => {
      const candidate = new IntrospectionClient(await credentials.read(), options, clock)
      await askAnything(candidate.trial)
      client = candidate
      check.forget()
      if (fleet !== undefined && config.cache !== false && config.cache.shared?.key === undefined) {
        reporter.line('warn', 'FST_ZITADEL_FLEET', 'the credentials were replaced, but the fleet\'s key comes from those of the start: processes that start now neither share with this one nor hear its "forget" (give "cache.shared.key")')
      }
    })
    if (!result.ok) reporter.line('error', result.code, `the credentials were not replaced, the old ones serve on: ${result.reason}`)
    return result
  }
  // One after the other, or the answer to an older key could come last and put it back.
  let replacing: Promise<unknown> = Promise.resolve()
  const reload = async (): Promise<CheckResult> => {
    const mine = replacing.then(replace)
    replacing = mine
    return await mine
  }
  const endWatch = file === undefined ? () => {} : watchKeyFile(file, print, async () => (await reload()).ok)
  return {
    introspect: async (token, sending, doubted) => {
      const asked = client
      return await asked.introspect(token, sending, doubted).catch(async (error: ZitadelError) => {
        // The old credentials may have been withdrawn while they were on their way.
        if (client === asked || error.code !== 'FST_ZITADEL_CLIENT_REJECTED') throw error
        return await client.introspect(token, sending, doubted)
      })
    },
    fleet,
    check: check.result,
    reload,
    close: async () => {
      endWatch()
      await fleet?.close()
      await connections?.close()
    }
  }
}

/** A token that nobody has: any response to it says that this API is accepted. */
async function askAnything (introspect: Introspect): Promise<void> {
  await introspect(randomUUID(), () => {})
}
