import { getExpiry } from '../oauth/token-validity.ts'
import type { Clock } from '../clock.ts'
import { serializeResponse, deserializeResponse, type TimedResponse } from './serialization.ts'
import { getSession } from '../zitadel/token-id.ts'
import { formatExpiry, type RedisCommands } from './redis-commands.ts'
import type { SharedKey } from './shared-key.ts'
import type { AeadBox } from './aead-box.ts'
import type { Tombstones } from './tombstones.ts'

/** What all entries have in common. */
export interface SharedCacheContext {
  readonly commands: RedisCommands
  readonly tombstones: Tombstones
  readonly keys: readonly SharedKey[]
  readonly prefix: string
  /** Milliseconds for which a verdict can be used. */
  readonly ttl: number
  /** The same, and the time for which it can be used if ZITADEL cannot be reached: as long as a forget can have an effect. */
  readonly lifetime: number
  readonly clock: Clock
}

/** Characters of the largest entry that is written or read. */
const MAX_ENTRY_LENGTH = 65_536

/** The shared response for one token. It is read under every key and written under the first. */
export class SharedEntry {
  readonly #shared: SharedCacheContext
  readonly #token: string
  readonly #locations: ReadonlyArray<{ readonly name: string, readonly box: AeadBox }>
  /** The key of the lease of the process that introspects the token. */
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
   * Returns the response, unless it is too old or was forgotten.
   *
   * @param maxAge milliseconds
   * @throws RedisCommandError
   */
  async load (maxAge: number): Promise<TimedResponse | undefined> {
    const { tombstones, clock, ttl } = this.#shared
    const [sealed, any] = await Promise.all([Promise.all(this.#locations.map(async ({ name }) => await this.#read(name))), tombstones.hasAny()])
    for (const [index, value] of sealed.entries()) {
      const loaded = deserializeResponse(this.#open(index, value), Math.min(maxAge, ttl), clock)
      if (loaded === undefined) continue
      const { response, askedAt, askedAtWall } = loaded
      const { sub, jti, sid } = response
      if (tombstones.canLackTombstone(askedAtWall)) continue
      if (!await tombstones.hasTombstone({ token: this.#token, sub, jti, session: getSession(jti), sid }, askedAtWall, any)) return { response, askedAt }
    }
    return undefined
  }

  /**
   * Stores a response in the background. An inactive one may be an error of ZITADEL: it is not shared, and the earlier response
   * is deleted.
   */
  store (timed: TimedResponse): void {
    const { commands, clock, ttl } = this.#shared
    const { response, askedAt } = timed
    if (!response.active) return this.delete()
    const ttlLeft = Math.floor(Math.min(ttl - (clock.monotonic() - askedAt), getExpiry(response) - clock.wall()))
    if (ttlLeft <= 0) return
    const text = trySerialize(() => serializeResponse(timed, clock))
    if (text === undefined) return
    const { name, box } = this.#locations[0]!
    const sealed = box.seal(text)
    if (sealed.length <= MAX_ENTRY_LENGTH) commands.sendInBackground('SET', name, sealed, 'PX', formatExpiry(ttlLeft))
  }

  delete (): void {
    for (const { name } of this.#locations) this.#shared.commands.sendInBackground('DEL', name)
  }

  /** Returns the `jti` of the token, if the shared cache has its response. */
  async loadJti (): Promise<string | undefined> {
    for (const [index, { name }] of this.#locations.entries()) {
      const loaded = deserializeResponse(this.#open(index, await this.#read(name).catch(() => undefined)), Infinity, this.#shared.clock)
      const jti = loaded?.response['jti']
      if (typeof jti === 'string') return jti
    }
    return undefined
  }

  /** Redis cuts longer values, which are not ours, so that they are not sent. */
  async #read (name: string): Promise<unknown> {
    return await this.#shared.commands.send('GETRANGE', name, '0', String(MAX_ENTRY_LENGTH))
  }

  #open (index: number, sealed: unknown): string | undefined {
    return typeof sealed === 'string' && sealed.length <= MAX_ENTRY_LENGTH ? this.#locations[index]!.box.open(sealed) : undefined
  }
}

/** Returns undefined if a response cannot be serialized, for example because it is nested too deeply. It is not shared. */
function trySerialize (serialize: () => string): string | undefined {
  try {
    return serialize()
  } catch {
    return undefined
  }
}
