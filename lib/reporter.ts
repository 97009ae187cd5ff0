import type { ZitadelError } from './errors.ts'
import { formatFailure } from './failures.ts'
import type { Clock } from './clock.ts'

/** The logger of Fastify. */
export interface Logger {
  readonly error: (fields: object, message: string) => void
  readonly warn: (fields: object, message: string) => void
  readonly info: (fields: object, message: string) => void
}

/** Milliseconds in which the same line is written once. */
const THROTTLE_MS = 10_000
/** Different lines that are counted separately. There are few, because this API writes them. */
const MAX_LINES = 100

/** The state of one kind of line. */
interface LineState {
  /** Monotonic milliseconds. */
  readonly at: number
  /** How often it was suppressed since then. */
  suppressed: number
  /** Writes that number if no further line comes. */
  timer: NodeJS.Timeout | undefined
  readonly write: (repeated: number) => void
}

/** Writes one line for each kind of trouble in an interval, and counts the others. */
export class Reporter {
  readonly log: Logger
  readonly #clock: Clock
  readonly #throttle: number
  readonly #lines = new Map<string, LineState>()

  /** @param throttle milliseconds in which the same line is written once */
  constructor (log: Logger, clock: Clock, throttle: number = THROTTLE_MS) {
    this.log = log
    this.#clock = clock
    this.#throttle = throttle
  }

  /** A rejection of this API is an error. An outage of ZITADEL is a warning. */
  readonly reportFailure = (error: ZitadelError): void => {
    this.report(error.code === 'FST_ZITADEL_CLIENT_REJECTED' ? 'error' : 'warn', error.code, formatFailure(error.cause as Error))
  }

  /**
   * Writes a line at once, or counts it. The next such line has the count; without one the count is written later. A line at level
   * info is about the end of a trouble: what was counted of other lines is written before it, not after it.
   *
   * @param code stable, for alerts
   * @param message contains nothing that a caller wrote
   */
  report (level: 'error' | 'warn' | 'info', code: string, message: string): void {
    // Request ids and ZITADEL's own texts, which contain times, are no other kind of line.
    const kind = `${code} ${message.replace(/ \[(?:x-request-id|ZITADEL says:) [^\]]*\]/g, '')}`
    const last = this.#lines.get(kind)
    const left = last === undefined ? 0 : last.at + this.#throttle - this.#clock.monotonic()
    if (last !== undefined && left > 0) {
      last.suppressed++
      last.timer ??= setTimeout(() => { this.#write(kind, last) }, left).unref()
      return
    }
    if (last === undefined && this.#lines.size >= MAX_LINES) this.flush()
    const write = (repeated: number): void => {
      if (level === 'info') this.#writeCounts()
      this.log[level]({ code, ...(repeated > 0 && { repeated }) }, `fastify-zitadel: ${message}`)
    }
    this.#write(kind, { at: 0, suppressed: last === undefined ? 0 : last.suppressed, timer: last?.timer, write })
  }

  /** Writes what was counted, and starts anew. */
  flush (): void {
    this.#writeCounts()
    this.#lines.clear()
  }

  #writeCounts (): void {
    for (const [kind, state] of this.#lines) if (state.suppressed > 0) this.#write(kind, state)
  }

  #write (kind: string, { suppressed, timer, write }: LineState): void {
    clearTimeout(timer)
    this.#lines.set(kind, { at: this.#clock.monotonic(), suppressed: 0, timer: undefined, write })
    write(suppressed)
  }
}
