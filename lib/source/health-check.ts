import { randomUUID } from 'node:crypto'
import type { Introspect } from '../client/introspection-client.ts'
import type { Clock } from '../clock.ts'
import type { ZitadelError, ZitadelErrorCode } from '../errors.ts'
import { formatFailure } from '../failures.ts'

/** Whether ZITADEL accepts this API. The reason is for operators, and contains no secret. */
export type CheckResult =
  | { readonly ok: true }
  | { readonly ok: false, readonly code: ZitadelErrorCode, readonly reason: string }

const RESULT_TTL_MS = 5000

/** Introspects a random token. Any response to it means that ZITADEL accepts this API. */
export async function introspectRandomToken (introspect: Introspect): Promise<void> {
  await introspect(randomUUID(), { onSend () {} })
}

/** Converts the outcome of work that throws only ZitadelErrors. */
export async function toCheckResult (work: () => Promise<unknown>): Promise<CheckResult> {
  try {
    await work()
    return { ok: true }
  } catch (error) {
    const { code, message, cause } = error as ZitadelError
    return { ok: false, code, reason: cause instanceof Error ? formatFailure(cause) : message }
  }
}

/** Runs a check once at a time and caches its result, so that requests to a health route cannot cause a flood of introspections. */
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
    // Counted from the result: a check that is running is joined, however long it takes.
    const current = { result: this.#check(), at: Infinity }
    this.#last = current
    const result = await current.result
    current.at = this.#clock.monotonic()
    return result
  }

  /** Drops the cached result, which is about other credentials. */
  forget (): void {
    this.#last = undefined
  }
}
