import type { Clock } from '../clock.ts'
import type { Logger } from '../reporter.ts'

/** Milliseconds without a fault of a kind, after which the next one is logged again. */
const WARN_INTERVAL_MS = 60_000

/** Codes of log lines. Other processes and Redis cannot choose them. */
export type SharedCacheCode =
  | 'FST_ZITADEL_SHARED_COMMAND'
  | 'FST_ZITADEL_SHARED_SUBSCRIPTION'
  | 'FST_ZITADEL_SHARED_FORGET'
  | 'FST_ZITADEL_SHARED_LEASE'
  | 'FST_ZITADEL_SHARED_CLOCK'

export interface LineFields {
  /** A stable word that distinguishes faults with the same code. */
  readonly reason?: string
  /** A stable word for why there is no connection. */
  readonly cause?: string
  /** The command of Redis that failed. */
  readonly command?: string
  /** The difference of two clocks. */
  readonly seconds?: number
  /** The number of forgets. */
  readonly count?: number
}

/** Writes one line for each kind of fault, as long as it lasts. */
export class SharedCacheLog {
  readonly #log: Pick<Logger, 'warn' | 'info'>
  readonly #clock: Clock
  readonly #lastAt = new Map<string, number>()

  constructor (log: Pick<Logger, 'warn' | 'info'>, clock: Clock) {
    this.#log = log
    this.#clock = clock
  }

  /** @param kind distinguishes faults, together with the code */
  warn (code: SharedCacheCode, message: string, fields: LineFields = {}, kind: string = fields.reason ?? ''): void {
    const now = this.#clock.monotonic()
    const key = `${code} ${kind}`
    const last = this.#lastAt.get(key) ?? -Infinity
    this.#lastAt.set(key, now)
    if (now - last > WARN_INTERVAL_MS) this.#log.warn({ code, ...fields }, `fastify-zitadel: ${message}`)
  }

  info (code: SharedCacheCode, message: string, fields: LineFields): void {
    this.#log.info({ code, ...fields }, `fastify-zitadel: ${message}`)
  }
}
