import { randomUUID } from 'node:crypto'
import { Pool, type Dispatcher } from 'undici'
import type { Config } from '../config.ts'
import { ZitadelError, type ZitadelErrorCode } from '../errors.ts'
import { IntrospectionClient, type ClientOptions, type Introspect } from './client.ts'
import type { Clock } from './clock.ts'
import { substitute } from './substitute.ts'

/** Whether ZITADEL accepts this API; the reason is for operators, and holds no secret. */
export type CheckResult =
  | { readonly ok: true }
  | { readonly ok: false, readonly code: ZitadelErrorCode, readonly reason: string }

/** Where responses come from, over the life of a server. */
export interface Source {
  readonly introspect: Introspect
  readonly check: () => Promise<CheckResult>
  readonly reload: () => Promise<CheckResult>
  readonly close: () => Promise<void>
}

/** Where operators read what they have to fix. */
export interface Log {
  readonly error: (fields: object, message: string) => void
}

/** Sockets to ZITADEL at once; without a bound, each simultaneous request would open one. */
const CONNECTIONS = 64

/** Milliseconds for which the result of a check is remembered. */
const CHECKED_FOR = 5000

/**
 * @throws ZitadelError `FST_ZITADEL_OPTION` where the credentials cannot be read
 */
export async function openSource ({ server, introspect: substituted, dispatcher: given, timeout, retry }: Config, clock: Clock, log: Log): Promise<Source> {
  if (server === undefined) {
    const introspect = substitute(substituted!, timeout)
    const check = remembered(() => resultOf(() => introspect(randomUUID(), () => {})), clock)
    return { introspect, check, reload: check, close: async () => {} }
  }
  const onRejected = (observed: string): void => log.error({ code: 'FST_ZITADEL_CLIENT_REJECTED' satisfies ZitadelErrorCode }, `fastify-zitadel: ${observed}`)
  const credentials = await server.credentials()
  const pool = given === undefined ? new Pool(server.endpoint.origin, { connections: CONNECTIONS }) : undefined
  const options: ClientOptions = { issuer: server.issuer, endpoint: server.endpoint, dispatcher: given ?? pool as Dispatcher, timeout, retry, onRejected }
  let client = new IntrospectionClient(credentials, options, clock)
  const accepts = (candidate: IntrospectionClient): Promise<CheckResult> => resultOf(() => candidate.probe(randomUUID(), () => {}))
  return {
    introspect: (token, sending) => client.introspect(token, sending),
    check: remembered(() => accepts(client), clock),
    reload: async () => {
      const result = await resultOf(async () => {
        const candidate = new IntrospectionClient(await server.credentials(), options, clock)
        await candidate.probe(randomUUID(), () => {})
        client = candidate
      })
      if (!result.ok) log.error({ code: result.code }, `fastify-zitadel: the credentials were not replaced: ${result.reason}`)
      return result
    },
    close: async () => { await pool?.close() }
  }
}

async function resultOf (work: () => Promise<unknown>): Promise<CheckResult> {
  try {
    await work()
    return { ok: true }
  } catch (error) {
    const { code, message, cause } = error as ZitadelError
    return { ok: false, code, reason: cause instanceof Error ? cause.message : message }
  }
}

/** One at a time, and believed for a while. */
function remembered (check: () => Promise<CheckResult>, clock: Clock): () => Promise<CheckResult> {
  let last: { readonly result: Promise<CheckResult>, at: number } | undefined
  return async () => {
    if (last !== undefined && clock.monotonic() - last.at < CHECKED_FOR) return await last.result
    const result = check()
    const mine = { result, at: Infinity }
    last = mine
    // Counted from the answer: a slow one is joined for as long as it takes.
    await result
    mine.at = clock.monotonic()
    return await result
  }
}
