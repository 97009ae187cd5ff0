import { Outage, type ZitadelError } from './errors.ts'
import type { Clock } from './clock.ts'

/** Where operators read what they have to know: Fastify's logger. */
export interface Log {
  readonly error: (fields: object, message: string) => void
  readonly warn: (fields: object, message: string) => void
}

/** Milliseconds: often enough to see that it goes on, seldom enough to read what else is written. */
const QUIET = 10_000
/** Different lines that are told apart: they are ours, and few. */
const LINES = 100

/** A kind of line that was written. */
interface Written {
  /** Monotonic milliseconds. */
  readonly at: number
  /** How often it was not written since. */
  untold: number
  /** Tells how often that was, should it not come again. */
  timer: NodeJS.Timeout | undefined
  readonly write: (repeated: number) => void
}

/** Writes one line for each kind of trouble, however often it comes. */
export class Reporter {
  readonly log: Log
  readonly #clock: Clock
  readonly #quiet: number
  readonly #lines = new Map<string, Written>()

  /** @param quiet milliseconds in which the same line is written once, and counted otherwise */
  constructor (log: Log, clock: Clock, quiet: number = QUIET) {
    this.log = log
    this.#clock = clock
    this.#quiet = quiet
  }

  /** Ours to fix: an error. ZITADEL's: a warning. */
  readonly failure = (error: ZitadelError): void => {
    this.line(error.code === 'FST_ZITADEL_CLIENT_REJECTED' ? 'error' : 'warn', error.code, messageOf(error.cause as Error))
  }

  /**
   * Written at once, or counted; a count is told by the next such line, and by itself where none comes.
   *
   * @param code stable, to alert on
   * @param message free of anything that a stranger wrote
   */
  line (level: 'error' | 'warn', code: string, message: string): void {
    // Another id makes no other line of it.
    const kind = `${code} ${message.replace(/ \[x-request-id [^\]]*\]/, '')}`
    const last = this.#lines.get(kind)
    const left = last === undefined ? 0 : last.at + this.#quiet - this.#clock.monotonic()
    if (last !== undefined && left > 0) {
      last.untold++
      last.timer ??= setTimeout(() => { this.#write(kind, last) }, left).unref()
      return
    }
    if (this.#lines.size >= LINES) this.end()
    const write = (repeated: number): void => { this.log[level]({ code, ...(repeated > 0 && { repeated }) }, `fastify-zitadel: ${message}`) }
    this.#write(kind, { at: 0, untold: last === undefined ? 0 : last.untold, timer: last?.timer, write })
  }

  /** Tells what was counted, and forgets what was written. */
  end (): void {
    for (const { timer, untold, write } of this.#lines.values()) {
      clearTimeout(timer)
      if (untold > 0) write(untold)
    }
    this.#lines.clear()
  }

  #write (kind: string, { untold, timer, write }: Written): void {
    clearTimeout(timer)
    this.#lines.set(kind, { at: this.#clock.monotonic(), untold: 0, timer: undefined, write })
    write(untold)
  }
}

function messageOf (cause: Error): string {
  return cause instanceof Outage ? `${cause.message}: ${cause.advice}` : cause.message
}
