import { Outage, type ZitadelError } from '../errors.ts'
import type { Clock } from './clock.ts'

/** Where operators read what they have to know: Fastify's logger. */
export interface Log {
  readonly error: (fields: object, message: string) => void
  readonly warn: (fields: object, message: string) => void
}

/** Milliseconds in which the same line is written once, and counted otherwise. */
const QUIET = 10_000
/** Different lines that are told apart: they are ours, and few. */
const LINES = 100

/** Writes one line for each kind of trouble, however often it comes. */
export class Reporter {
  readonly log: Log
  readonly #clock: Clock
  readonly #lines = new Map<string, { at: number, untold: number }>()

  constructor (log: Log, clock: Clock) {
    this.log = log
    this.#clock = clock
  }

  /** Ours to fix: an error. ZITADEL's: a warning. */
  readonly failure = (error: ZitadelError): void => {
    this.line(error.code === 'FST_ZITADEL_CLIENT_REJECTED' ? 'error' : 'warn', error.code, messageOf(error.cause as Error))
  }

  /**
   * @param code stable, to alert on
   * @param message free of anything that a stranger wrote
   */
  line (level: 'error' | 'warn', code: string, message: string): void {
    // Another id makes no other line of it.
    const kind = `${code} ${message.replace(/ \[x-request-id [^\]]*\]/, '')}`
    const now = this.#clock.monotonic()
    const last = this.#lines.get(kind)
    if (last !== undefined && now - last.at < QUIET) {
      last.untold++
      return
    }
    if (this.#lines.size >= LINES) this.#lines.clear()
    this.#lines.set(kind, { at: now, untold: 0 })
    const repeated = last === undefined ? 0 : last.untold
    this.log[level]({ code, ...(repeated > 0 && { repeated }) }, `fastify-zitadel: ${message}`)
  }
}

function messageOf (cause: Error): string {
  return cause instanceof Outage ? `${cause.message}: ${cause.advice}` : cause.message
}
