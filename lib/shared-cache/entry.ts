import { getExpiry } from '../oauth/introspection.ts'
import type { Clock } from '../clock.ts'
import { serializeResponse, deserializeResponse, type TimedResponse } from './serialization.ts'
import type { RedisCommands } from './redis-commands.ts'
import type { AeadBox, SharedKey } from './shared-key.ts'
import type { Tombstones } from './tombstones.ts'

/** What every entry stands on. */
export interface SharedCacheContext {
  readonly commands: RedisCommands
  readonly tombstones: Tombstones
  readonly keys: readonly SharedKey[]
  readonly prefix: string
  /** Milliseconds that a verdict can live at most. */
  readonly ttl: number
  readonly clock: Clock
}

/** Characters of the largest entry that is written or read. */
const MAX_ENTRY_LENGTH = 65_536

/** Where the answer for one token lies: under every key of the fleet, the first of which is written with. */
export class SharedEntry {
  readonly #shared: SharedCacheContext
  readonly #token: string
  readonly #locations: ReadonlyArray<{ readonly name: string, readonly box: AeadBox }>
  /** The name under which one process says that it asks. */
  readonly leaseKey: string
  /** The key that exists while another process waits for the release of the lease. */
  readonly waitingKey: string

  constructor (shared: SharedCacheContext, token: string) {
    this.#shared = shared
    this.#token = token
    this.#locations = shared.keys.map((key) => {
      const { name, box } = key.entry(token)
      // In a cluster, the braces put the entry and its lease into one slot, so that their commands stay in order.
      return { name: `${shared.prefix}:entry:${shared.commands.isCluster ? `{${name}}` : name}`, box }
    })
    this.leaseKey = `${this.#locations[0]!.name}:claim`
    this.waitingKey = `${this.#locations[0]!.name}:waiting`
  }

  /**
   * The answer, unless it is older than `maxAge` milliseconds, or forgotten.
   *
   * @throws RedisFailure
   */
  async load (maxAge: number): Promise<TimedResponse | undefined> {
    const { tombstones, clock, ttl } = this.#shared
    const [sealed, any] = await Promise.all([Promise.all(this.#locations.map(async ({ name }) => await this.#read(name))), tombstones.hasAny()])
    for (const [index, value] of sealed.entries()) {
      const loaded = deserializeResponse(this.#open(index, value), Math.min(maxAge, ttl), clock)
      if (loaded === undefined) continue
      const { response, askedAt, askedAtWall } = loaded
      const { sub, jti } = response
      if (!await tombstones.isForgotten({ token: this.#token, sub, jti }, askedAtWall, any)) return { response, askedAt }
    }
    return undefined
  }

  /**
   * Passes an answer on; nobody waits for that. One that lets nobody in may be a hiccup of ZITADEL: the others are not told,
   * but have to ask for themselves.
   */
  store (timed: TimedResponse): void {
    const { commands, clock, ttl } = this.#shared
    const { response, askedAt } = timed
    if (!response.active) return this.delete()
    const life = Math.floor(Math.min(ttl - (clock.monotonic() - askedAt), getExpiry(response) - clock.wall()))
    if (life <= 0) return
    const text = trySerialize(() => serializeResponse(timed, clock))
    if (text === undefined) return
    const { name, box } = this.#locations[0]!
    const sealed = box.seal(text)
    if (sealed.length <= MAX_ENTRY_LENGTH) commands.sendInBackground('SET', name, sealed, 'PX', String(life))
  }

  delete (): void {
    for (const { name } of this.#locations) this.#shared.commands.sendInBackground('DEL', name)
  }

  /** The `jti` of the token, where the fleet knows it. */
  async loadJti (): Promise<string | undefined> {
    for (const [index, { name }] of this.#locations.entries()) {
      const loaded = deserializeResponse(this.#open(index, await this.#read(name).catch(() => undefined)), Infinity, this.#shared.clock)
      const jti = loaded?.response['jti']
      if (typeof jti === 'string') return jti
    }
    return undefined
  }

  /** Redis itself cuts what is too long to be one of ours: it must not even be sent. */
  async #read (name: string): Promise<unknown> {
    return await this.#shared.commands.send('GETRANGE', name, '0', String(MAX_ENTRY_LENGTH))
  }

  #open (index: number, sealed: unknown): string | undefined {
    return typeof sealed === 'string' && sealed.length <= MAX_ENTRY_LENGTH ? this.#locations[index]!.box.open(sealed) : undefined
  }
}

/** Nothing where an answer cannot be written, such as one that is nested deeper than the stack: it is not shared. */
function trySerialize (pack: () => string): string | undefined {
  try {
    return pack()
  } catch {
    return undefined
  }
}
