import type { ZitadelError, ZitadelErrorCode } from '../errors.ts'
import type { Clock } from '../clock.ts'

/** Whether ZITADEL accepts this API; the reason is for operators, and holds no secret. */
export type CheckResult =
  | { readonly ok: true }
  | { readonly ok: false, readonly code: ZitadelErrorCode, readonly reason: string }

/** Milliseconds for which the result of a check is remembered. */
const RESULT_TTL_MS = 5000

/** What became of work that throws only ZitadelErrors. */
export async function toCheckResult (work: () => Promise<unknown>): Promise<CheckResult> {
  try {
    await work()
    return { ok: true }
  } catch (error) {
    const { code, message, cause } = error as ZitadelError
    return { ok: false, code, reason: cause instanceof Error ? cause.message : message }
  }
}

/** The same check, one at a time and believed for a while: a health route is no way to make others work. */
export class CachedCheck {
  readonly #check: () => Promise<CheckResult>
  readonly #clock: Clock
  #last: { readonly result: Promise<CheckResult>, at: number } | undefined

  constructor (check: () => Promise<CheckResult>, clock: Clock) {
    this.#check = check
    this.#clock = clock
  }

  readonly run = async (): Promise<CheckResult> => {
    if (this.#last !== undefined && this.#clock.monotonic() - this.#last.at < RESULT_TTL_MS) return await this.#last.result
    // Counted from the answer: one that takes long is joined for as long as it takes.
    const current = { result: this.#check(), at: Infinity }
    this.#last = current
    const result = await current.result
    current.at = this.#clock.monotonic()
    return result
  }

  /** What was true of other credentials is not remembered. */
  forget (): void {
    this.#last = undefined
  }
}
