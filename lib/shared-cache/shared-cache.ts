import { hash } from 'node:crypto'
import { wrongOption } from '../errors.ts'
import type { Clock } from '../clock.ts'
import type { Answered } from './serialization.ts'
import { Claims } from './leases.ts'
import { Commands, type WarnLog } from './redis-commands.ts'
import { FleetKey, type Identity } from './shared-key.ts'
import { SharedEntry, type Tier } from './entry.ts'
import { News, type Forgotten } from './forget-messages.ts'
import type { SharedCacheOptions } from '../options/shared-cache-options.ts'
import { Subscription } from './subscription.ts'
import { Tombstones } from './tombstones.ts'

/** What to forget. The `jti` of a token need not be known. */
export type SharedForgettable =
  | { readonly token: string, readonly jti?: string | undefined }
  | { readonly sub: string }
  | { readonly jti: string }

/**
 * What ZITADEL said of active tokens, for a fleet of processes to read. Redis is believed nothing but that something is not
 * there: whatever it says that no holder of the fleet's key has sealed is a miss.
 */
export class SharedCache {
  readonly #tier: Tier
  readonly #claims: Claims
  readonly #news: News
  readonly #subscription: Subscription
  readonly #listeners: Array<(forgotten: Forgotten) => void> = []
  /** How often something was forgotten, here or elsewhere: what was being read meanwhile is not taken. */
  #forgets = 0

  /** @param interval milliseconds between two looks at whether the subscription still listens */
  constructor (client: SharedCacheOptions['client'], tier: Tier, wait: number, interval: number) {
    const { commands, keys, prefix } = tier
    this.#tier = tier
    this.#claims = new Claims(commands, `${prefix}:released:${keys[0]!.channel}`, wait)
    this.#news = new News(commands, keys, prefix)
    this.#subscription = new Subscription(client, commands, prefix, [this.#claims.channel, ...this.#news.channels], {
      heard: (channel, message) => channel === this.#claims.channel ? this.#claims.released(message) : this.#hear(this.#news.read(channel, message)),
      // What is being read meanwhile is held against the tombstones, and misses nothing.
      missed: () => this.#tell({ all: true })
    }, interval)
  }

  /**
   * An answer that the fleet has, or that one process of it asks for while the others wait a while.
   *
   * @param maxAge milliseconds. No older answer is taken; with 0 none is, and nobody is waited for
   * @param ask is called at most once
   * @throws what `ask` throws, and nothing else
   */
  async answer (token: string, maxAge: number, ask: () => Promise<Answered>): Promise<Answered> {
    const entry = new SharedEntry(this.#tier, token)
    const forgets = this.#forgets
    const found = maxAge > 0 ? await this.#claims.find(entry, maxAge).catch(() => undefined) : undefined
    if (typeof found === 'object' && forgets === this.#forgets) return found
    try {
      const answered = await ask()
      entry.keep(answered)
      return answered
    } finally {
      if (found === 'claimed') this.#claims.release(entry)
    }
  }

  /**
   * Lets no process of the fleet believe what was asked before.
   *
   * @returns whether Redis has it; if not, other processes may go on until their verdicts' ttl ends
   */
  async forget (what: SharedForgettable): Promise<boolean> {
    const { tombstones, commands } = this.#tier
    this.#forgets++
    let isKept = await tombstones.put(what)
    let forgotten: Forgotten
    if ('token' in what) {
      const entry = new SharedEntry(this.#tier, what.token)
      const jti = what.jti ?? await entry.jti()
      if (jti !== what.jti) isKept = await tombstones.put({ jti }) && isKept
      entry.drop()
      forgotten = { key: hash('sha256', what.token, 'base64url'), jti }
    } else forgotten = what
    // Here as well: its jti may be known only now, and what was loaded before the tombstones were there is not believed.
    this.#tell(forgotten)
    // After the tombstones: who hears it and asks the tier again must find them.
    const isTold = await this.#news.tell(forgotten)
    if (isKept && isTold) return true
    commands.tell('FORGET', 'something is forgotten by this process alone: other processes may believe it until its ttl ends')
    return false
  }

  /** Tells what other processes forget; nothing of it that was asked for before then is to be believed. */
  onForget (listener: (forgotten: Forgotten) => void): void {
    this.#listeners.push(listener)
  }

  /** Ends what was opened here; the client given stays open. */
  async close (): Promise<void> {
    this.#subscription.close()
  }

  #hear (forgotten: Forgotten | undefined): void {
    if (forgotten === undefined) return
    this.#forgets++
    this.#tell(forgotten)
  }

  #tell (forgotten: Forgotten): void {
    for (const listener of this.#listeners) listener(forgotten)
  }
}

/**
 * @param secret the API's own credential; undefined where only an external signer has it
 * @param ttl seconds that a verdict can live at most
 * @param interval milliseconds
 * @throws ZitadelError `FST_ZITADEL_OPTION`
 */
export function openSharedCache (options: SharedCacheOptions, { secret, ...identity }: Identity & { readonly secret: Uint8Array | undefined }, ttl: number, clock: Clock, log: WarnLog, interval: number = 1000): SharedCache {
  const { client, key = secret, prefix = 'fastify-zitadel', deadline = 25, wait = 1000 } = options
  if (key === undefined) throw wrongOption('option "cache.shared.key" is missing: with an external signer or "introspect" there is no secret that it could be derived from')
  const keys = (typeof key === 'string' || key instanceof Uint8Array ? [key] : key).map((one) => new FleetKey(one, identity))
  const commands = new Commands(client, deadline, clock, log)
  const tombstones = new Tombstones(commands, keys, prefix, ttl * 1000, clock)
  return new SharedCache(client, { commands, tombstones, keys, prefix, ttl: ttl * 1000, clock }, wait, interval)
}
