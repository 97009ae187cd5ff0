import type { Clock } from '../clock.ts'
import type { Commands } from './redis-commands.ts'
import type { FleetKey } from './shared-key.ts'

/** What a verdict can be forgotten by. */
export interface Marks {
  readonly token?: string | undefined
  readonly sub?: unknown
  readonly jti?: unknown
}

/** Milliseconds by which the clocks of a fleet may differ. */
export const CLOCK_MARGIN = 5000

/** Bytes of a tombstone that are read: a moment, and one more that tells a longer value from it. */
const LONGEST = 14

/** Moments of forgetting, under names that say nothing. Of what was asked for before, nothing is loaded. */
export class Tombstones {
  readonly #commands: Commands
  readonly #keys: readonly FleetKey[]
  readonly #prefix: string
  readonly #flags: readonly string[]
  readonly #life: string
  readonly #clock: Clock
  /** Milliseconds since 1970. What Redis did not take in is still forgotten here: nothing older is loaded. */
  #floor = -Infinity

  /** @param ttl milliseconds that a verdict can live at most */
  constructor (commands: Commands, keys: readonly FleetKey[], prefix: string, ttl: number, clock: Clock) {
    this.#commands = commands
    this.#keys = keys
    this.#prefix = prefix
    this.#flags = keys.map((key) => `${prefix}:any:${key.name('any', '')}`)
    this.#life = String(Math.ceil(ttl) + 2 * CLOCK_MARGIN)
    this.#clock = clock
  }

  /** Resolves to whether Redis has them. Under every key, as some of the fleet may know only one. */
  async put (marks: Marks): Promise<boolean> {
    const moment = this.#clock.wall()
    const put = async (name: string): Promise<boolean> => {
      return await this.#commands.insist('SET', name, String(moment), 'PX', this.#life).catch(() => undefined) === 'OK'
    }
    // The flag comes last: whoever sees it finds the rest.
    const kept = await Promise.all([...this.#names(marks), ...this.#flags].map(put))
    const all = kept.every(Boolean)
    if (!all) this.#floor = moment
    return all
  }

  /**
   * Whether there is any tombstone at all: for the most part there is none, and no other need be looked for.
   *
   * @throws RedisFailure
   */
  async any (): Promise<boolean> {
    const found = await Promise.all(this.#flags.map(async (name) => await this.#commands.send('EXISTS', name)))
    return found.some((count) => count !== 0)
  }

  /**
   * Whether something that was asked for then has been forgotten since.
   *
   * @param moment milliseconds since 1970
   * @param any what {@link any} said, read with the verdict or after it
   * @throws RedisFailure
   */
  async cover (marks: Marks, moment: number, any: boolean): Promise<boolean> {
    if (moment <= this.#floor + CLOCK_MARGIN) return true
    if (!any) return false
    const found = await Promise.all(this.#names(marks).map(async (name) => await this.#commands.send('GETRANGE', name, '0', String(LONGEST - 1))))
    // No tombstone is an empty string. Anything that is no moment was not written by us, and says nothing good.
    return found.some((value) => value !== '' && !(typeof value === 'string' && /^\d{13}$/.test(value) && Number(value) + CLOCK_MARGIN < moment))
  }

  #names (marks: Marks): string[] {
    const known = Object.entries(marks).filter(([, value]) => typeof value === 'string') as [string, string][]
    return this.#keys.flatMap((key) => known.map(([kind, value]) => `${this.#prefix}:forgotten:${key.name(kind, value)}`))
  }
}
