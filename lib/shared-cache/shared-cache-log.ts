import type { Clock } from '../clock.ts'
import type { Logger } from '../reporter.ts'

/** Milliseconds without a fault of a kind, after which the next one is logged again. */
const WARN_INTERVAL_MS = 60_000
/**
 * Milliseconds after the line about the end of a fault in which it is not logged again, so that the number of lines is bounded. Less
 * than the silence after which a process is cut off: each `CUT_OFF` is logged.
 */
const END_INTERVAL_MS = 3000

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

/** The state of one kind of fault. Times are monotonic milliseconds. */
interface FaultState {
  /** When it occurred last. */
  readonly at: number
  /** When the line about its end was written; undefined if there is none after the last line about the fault. */
  endedAt: number | undefined
}

/** Writes one line for each kind of fault, as long as it lasts, and one about its end if that is known. */
export class SharedCacheLog {
  readonly #log: Pick<Logger, 'warn' | 'info'>
  readonly #clock: Clock
  readonly #faults = new Map<string, FaultState>()

  constructor (log: Pick<Logger, 'warn' | 'info'>, clock: Clock) {
    this.#log = log
    this.#clock = clock
  }

  /** @param kind distinguishes faults, together with the code */
  warn (code: SharedCacheCode, message: string, fields: LineFields = {}, kind: string = fields.reason ?? ''): void {
    const now = this.#clock.monotonic()
    const key = `${code} ${kind}`
    const { at = -Infinity, endedAt } = this.#faults.get(key) ?? {}
    const isDue = endedAt === undefined ? now - at > WARN_INTERVAL_MS : now - endedAt > END_INTERVAL_MS
    this.#faults.set(key, { at: now, endedAt: isDue ? undefined : endedAt })
    if (isDue) this.#log.warn({ code, ...fields }, `fastify-zitadel: ${message}`)
  }

  /** Writes that a fault is over, if a line about it was written: each line about an end follows one about a beginning. */
  end (code: SharedCacheCode, kind: string, message: string, fields: LineFields): void {
    const fault = this.#faults.get(`${code} ${kind}`)
    if (fault === undefined || fault.endedAt !== undefined) return
    fault.endedAt = this.#clock.monotonic()
    this.#log.info({ code, ...fields }, `fastify-zitadel: ${message}`)
  }
}
