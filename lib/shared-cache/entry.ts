import { expiresAt } from '../oauth/introspection.ts'
import type { Clock } from '../clock.ts'
import { packAnswer, unpackAnswer, type Answered } from './serialization.ts'
import type { Commands } from './redis-commands.ts'
import type { Box, FleetKey } from './shared-key.ts'
import type { Tombstones } from './tombstones.ts'

/** What every entry stands on. */
export interface Tier {
  readonly commands: Commands
  readonly tombstones: Tombstones
  readonly keys: readonly FleetKey[]
  readonly prefix: string
  /** Milliseconds that a verdict can live at most. */
  readonly ttl: number
  readonly clock: Clock
}

/** Characters of the largest entry that is written or read. */
const LARGEST = 65_536

/** Where the answer for one token lies: under every key of the fleet, the first of which is written with. */
export class SharedEntry {
  readonly #tier: Tier
  readonly #token: string
  readonly #places: ReadonlyArray<{ readonly name: string, readonly box: Box }>
  /** The name under which one process says that it asks. */
  readonly claim: string

  constructor (tier: Tier, token: string) {
    this.#tier = tier
    this.#token = token
    this.#places = tier.keys.map((key) => {
      const { name, box } = key.entry(token)
      return { name: `${tier.prefix}:entry:${name}`, box }
    })
    this.claim = `${this.#places[0]!.name}:claim`
  }

  /**
   * The answer, unless it is older than `maxAge` milliseconds, or forgotten.
   *
   * @throws RedisFailure
   */
  async load (maxAge: number): Promise<Answered | undefined> {
    const { tombstones, clock, ttl } = this.#tier
    const [sealed, any] = await Promise.all([Promise.all(this.#places.map(async ({ name }) => await this.#read(name))), tombstones.any()])
    for (const [index, value] of sealed.entries()) {
      const loaded = unpackAnswer(this.#open(index, value), Math.min(maxAge, ttl), clock)
      if (loaded === undefined) continue
      const { response, askedAt, moment } = loaded
      const { sub, jti } = response
      if (!await tombstones.cover({ token: this.#token, sub, jti }, moment, any)) return { response, askedAt }
    }
    return undefined
  }

  /**
   * Passes an answer on; nobody waits for that. One that lets nobody in may be a hiccup of ZITADEL: the others are not told,
   * but have to ask for themselves.
   */
  keep (answered: Answered): void {
    const { commands, clock, ttl } = this.#tier
    const { response, askedAt } = answered
    if (!response.active) return this.drop()
    const life = Math.floor(Math.min(ttl - (clock.monotonic() - askedAt), expiresAt(response) - clock.wall()))
    if (life <= 0) return
    const text = textOf(() => packAnswer(answered, clock))
    if (text === undefined) return
    const { name, box } = this.#places[0]!
    const sealed = box.seal(text)
    if (sealed.length <= LARGEST) commands.post('SET', name, sealed, 'PX', String(life))
  }

  drop (): void {
    for (const { name } of this.#places) this.#tier.commands.post('DEL', name)
  }

  /** The `jti` of the token, where the fleet knows it. */
  async jti (): Promise<string | undefined> {
    for (const [index, { name }] of this.#places.entries()) {
      const loaded = unpackAnswer(this.#open(index, await this.#read(name).catch(() => undefined)), Infinity, this.#tier.clock)
      const jti = loaded?.response['jti']
      if (typeof jti === 'string') return jti
    }
    return undefined
  }

  /** Redis itself cuts what is too long to be one of ours: it must not even be sent. */
  async #read (name: string): Promise<unknown> {
    return await this.#tier.commands.send('GETRANGE', name, '0', String(LARGEST))
  }

  #open (index: number, sealed: unknown): string | undefined {
    return typeof sealed === 'string' && sealed.length <= LARGEST ? this.#places[index]!.box.open(sealed) : undefined
  }
}

/** Nothing where an answer cannot be written, such as one that is nested deeper than the stack: it is not shared. */
function textOf (pack: () => string): string | undefined {
  try {
    return pack()
  } catch {
    return undefined
  }
}
