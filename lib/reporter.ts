import { OutageError, type ZitadelError } from './errors.ts'
import type { Clock } from './clock.ts'

/** Where operators read what they have to know: Fastify's logger. */
export interface Logger {
  readonly error: (fields: object, message: string) => void
  readonly warn: (fields: object, message: string) => void
  readonly info: (fields: object, message: string) => void
}

/** Milliseconds: often enough to see that it goes on, seldom enough to read what else is written. */
const THROTTLE_MS = 10_000
/** Different lines that are told apart: they are ours, and few. */
const MAX_LINES = 100

/** A kind of line that was written. */
interface LineState {
  /** Monotonic milliseconds. */
  readonly at: number
  /** How often it was not written since. */
  suppressed: number
  /** Tells how often that was, should it not come again. */
  timer: NodeJS.Timeout | undefined
  readonly write: (repeated: number) => void
}

/** Writes one line for each kind of trouble, however often it comes. */
export class Reporter {
  readonly log: Logger
  readonly #clock: Clock
  readonly #quiet: number
  readonly #lines = new Map<string, LineState>()

  /** @param quiet milliseconds in which the same line is written once, and counted otherwise */
  constructor (log: Logger, clock: Clock, quiet: number = THROTTLE_MS) {
    this.log = log
    this.#clock = clock
    this.#quiet = quiet
  }

  /** Ours to fix: an error. ZITADEL's: a warning. */
  readonly reportFailure = (error: ZitadelError): void => {
    this.report(error.code === 'FST_ZITADEL_CLIENT_REJECTED' ? 'error' : 'warn', error.code, formatCause(error.cause as Error))
  }

  /**
   * Written at once, or counted; a count is told by the next such line, and by itself where none comes.
   *
   * @param code stable, to alert on
   * @param message free of anything that a stranger wrote
   */
  report (level: 'error' | 'warn' | 'info', code: string, message: string): void {
    // Request ids and ZITADEL's own texts, which contain times, are no other kind of line.
    const kind = `${code} ${message.replace(/ \[(?:x-request-id|ZITADEL says:) [^\]]*\]/g, '')}`
    const last = this.#lines.get(kind)
    const left = last === undefined ? 0 : last.at + this.#quiet - this.#clock.monotonic()
    if (last !== undefined && left > 0) {
      last.suppressed++
      last.timer ??= setTimeout(() => { this.#write(kind, last) }, left).unref()
      return
    }
    if (this.#lines.size >= MAX_LINES) this.flush()
    const write = (repeated: number): void => { this.log[level]({ code, ...(repeated > 0 && { repeated }) }, `fastify-zitadel: ${message}`) }
    this.#write(kind, { at: 0, suppressed: last === undefined ? 0 : last.suppressed, timer: last?.timer, write })
  }

  /** Tells what was counted, and forgets what was written. */
  flush (): void {
    for (const { timer, suppressed, write } of this.#lines.values()) {
      clearTimeout(timer)
      if (suppressed > 0) write(suppressed)
    }
    this.#lines.clear()
  }

  #write (kind: string, { suppressed, timer, write }: LineState): void {
    clearTimeout(timer)
    this.#lines.set(kind, { at: this.#clock.monotonic(), suppressed: 0, timer: undefined, write })
    write(suppressed)
  }
}

function formatCause (cause: Error): string {
  return cause instanceof OutageError ? `${cause.message}: ${cause.advice}` : cause.message
}
