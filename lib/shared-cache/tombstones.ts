import type { Clock } from '../clock.ts'
import { CLOCK_SKEW_MS } from './clock-skew.ts'
import { formatExpiry, type RedisCommands } from './redis-commands.ts'
import type { SharedKey } from './shared-key.ts'

/** The names that tombstones have: those of a response, or what is forgotten. */
export interface TombstoneNames {
  readonly token?: string | undefined
  readonly sub?: unknown
  readonly jti?: unknown
  readonly session?: string | undefined
  /** A claim of the token: another name of its session. */
  readonly sid?: unknown
  readonly all?: true
}

/** Bytes of a tombstone that are read: a timestamp, and one byte more, so that a longer value differs from it. */
const MAX_VALUE_BYTES = 14

/** Times of forgetting in Redis. No response that was asked for before such a time is loaded. */
export class Tombstones {
  readonly #commands: RedisCommands
  readonly #keys: readonly SharedKey[]
  readonly #prefix: string
  readonly #flags: readonly string[]
  readonly #ttl: string
  readonly #clock: Clock
  /** Milliseconds since 1970 of the latest tombstone that Redis did not store. This process loads nothing older. */
  #lastUnstoredAt = -Infinity

  /** @param ttl milliseconds for which a verdict can be used at most */
  constructor (commands: RedisCommands, keys: readonly SharedKey[], prefix: string, ttl: number, clock: Clock) {
    this.#commands = commands
    this.#keys = keys
    this.#prefix = prefix
    this.#flags = keys.map((key) => `${prefix}:any:${key.name('any', '')}`)
    this.#ttl = formatExpiry(ttl + 2 * CLOCK_SKEW_MS)
    this.#clock = clock
  }

  /**
   * Stores tombstones under every key, because some processes may have only one.
   *
   * @returns whether Redis has stored all of them
   */
  async put (subject: TombstoneNames): Promise<boolean> {
    const forgottenAtWall = this.#clock.wall()
    const put = async (name: string): Promise<boolean> => {
      return await this.#commands.forceSend('SET', name, String(forgottenAtWall), 'PX', this.#ttl).catch(() => undefined) === 'OK'
    }
    // The flag is written last, so that a process that reads it finds the rest.
    const kept = await Promise.all([...this.#names(subject), ...this.#flags].map(put))
    const all = kept.every(Boolean)
    if (!all) this.#lastUnstoredAt = Math.max(this.#lastUnstoredAt, forgottenAtWall)
    return all
  }

  /**
   * Whether there is any tombstone. Mostly there is none, and then no other key is read.
   *
   * @throws RedisCommandError
   */
  async hasAny (): Promise<boolean> {
    const found = await Promise.all(this.#flags.map(async (name) => await this.#commands.send('EXISTS', name)))
    return found.some((count) => count !== 0)
  }

  /**
   * Whether a response in Redis may have been forgotten by this process without a tombstone, because Redis did not store it.
   *
   * @param askedAtWall milliseconds since 1970 at which the response was asked for
   */
  canLackTombstone (askedAtWall: number): boolean {
    return askedAtWall <= this.#lastUnstoredAt + CLOCK_SKEW_MS
  }

  /**
   * Whether Redis has a tombstone for a response, stored after the response was asked for.
   *
   * @param askedAtWall milliseconds since 1970
   * @param any the result of {@link Tombstones.hasAny}, read together with the response or later
   * @throws RedisCommandError
   */
  async hasTombstone (subject: TombstoneNames, askedAtWall: number, any: boolean): Promise<boolean> {
    if (!any) return false
    const found = await Promise.all(this.#names({ ...subject, all: true }).map(async (name) => await this.#commands.send('GETRANGE', name, '0', String(MAX_VALUE_BYTES - 1))))
    // Without a tombstone Redis returns ''. Any other value that is not a 13-digit timestamp was not written by us and counts as forgotten.
    return found.some((value) => value !== '' && !(typeof value === 'string' && /^\d{13}$/.test(value) && Number(value) + CLOCK_SKEW_MS < askedAtWall))
  }

  #names (subject: TombstoneNames): string[] {
    const { all, sid, ...names } = subject
    const known = [...Object.entries(names), ['session', sid]].filter(([, value]) => typeof value === 'string') as [string, string][]
    if (all) known.push(['all', ''])
    return this.#keys.flatMap((key) => known.map(([kind, value]) => `${this.#prefix}:forgotten:${key.name(kind, value)}`))
  }
}
