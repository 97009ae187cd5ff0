import type { Clock } from '../clock.ts'
import { getSession } from '../zitadel/session.ts'
import type { RedisCommands } from './redis-commands.ts'
import type { SharedKey } from './shared-key.ts'

/** What a verdict can be forgotten by. */
export interface TombstoneSubject {
  readonly token?: string | undefined
  readonly sub?: unknown
  readonly jti?: unknown
  readonly session?: string | undefined
  readonly all?: true
}

/** Milliseconds by which the clocks of a fleet may differ. */
export const CLOCK_SKEW_MS = 5000

/** Bytes of a tombstone that are read: a moment, and one more that tells a longer value from it. */
const MAX_VALUE_BYTES = 14

/** Moments of forgetting, under names that say nothing. Of what was asked for before, nothing is loaded. */
export class Tombstones {
  readonly #commands: RedisCommands
  readonly #keys: readonly SharedKey[]
  readonly #prefix: string
  readonly #flags: readonly string[]
  readonly #ttl: string
  readonly #clock: Clock
  /** Milliseconds since 1970. What Redis did not take in is still forgotten here: nothing older is loaded. */
  #forgottenBefore = -Infinity

  /** @param ttl milliseconds that a verdict can live at most */
  constructor (commands: RedisCommands, keys: readonly SharedKey[], prefix: string, ttl: number, clock: Clock) {
    this.#commands = commands
    this.#keys = keys
    this.#prefix = prefix
    this.#flags = keys.map((key) => `${prefix}:any:${key.name('any', '')}`)
    this.#ttl = String(Math.ceil(ttl) + 2 * CLOCK_SKEW_MS)
    this.#clock = clock
  }

  /** Resolves to whether Redis has them. Under every key, as some of the fleet may know only one. */
  async put (subject: TombstoneSubject): Promise<boolean> {
    const askedAtWall = this.#clock.wall()
    const put = async (name: string): Promise<boolean> => {
      return await this.#commands.forceSend('SET', name, String(askedAtWall), 'PX', this.#ttl).catch(() => undefined) === 'OK'
    }
    // The flag comes last, so that a process that sees it finds the rest.
    const kept = await Promise.all([...this.#names(subject), ...this.#flags].map(put))
    const all = kept.every(Boolean)
    if (!all) this.#forgottenBefore = askedAtWall
    return all
  }

  /**
   * Whether there is any tombstone at all: for the most part there is none, and no other need be looked for.
   *
   * @throws RedisFailure
   */
  async hasAny (): Promise<boolean> {
    const found = await Promise.all(this.#flags.map(async (name) => await this.#commands.send('EXISTS', name)))
    return found.some((count) => count !== 0)
  }

  /**
   * Whether something that was asked for then has been forgotten since.
   *
   * @param askedAtWall milliseconds since 1970
   * @param any what {@link any} said, read with the verdict or after it
   * @throws RedisFailure
   */
  async isForgotten (subject: TombstoneSubject, askedAtWall: number, any: boolean): Promise<boolean> {
    return askedAtWall <= this.#forgottenBefore + CLOCK_SKEW_MS || await this.isMarked(subject, askedAtWall, any)
  }

  /**
   * The same by what Redis has alone, for a verdict that was never dropped here.
   *
   * @throws RedisFailure
   */
  async isMarked (subject: TombstoneSubject, askedAtWall: number, any: boolean): Promise<boolean> {
    if (!any) return false
    const found = await Promise.all(this.#names({ ...subject, session: getSession(subject), all: true }).map(async (name) => await this.#commands.send('GETRANGE', name, '0', String(MAX_VALUE_BYTES - 1))))
    // No tombstone is an empty string. Anything that is no moment was not written by us, and says nothing good.
    return found.some((value) => value !== '' && !(typeof value === 'string' && /^\d{13}$/.test(value) && Number(value) + CLOCK_SKEW_MS < askedAtWall))
  }

  #names (subject: TombstoneSubject): string[] {
    const { all, ...names } = subject
    const known = Object.entries(names).filter(([, value]) => typeof value === 'string') as [string, string][]
    if (all) known.push(['all', ''])
    return this.#keys.flatMap((key) => known.map(([kind, value]) => `${this.#prefix}:forgotten:${key.name(kind, value)}`))
  }
}
