import { randomUUID } from 'node:crypto'
import type { RedisCommands } from './redis-commands.ts'
import type { SharedKey } from './shared-key.ts'

/** What other processes have forgotten, in terms of what a cache in memory knows. */
export type ForgetEvent =
  /** What was said may have been missed: anything that was asked for before now may have been forgotten. */
  | { readonly all: true }
  /** SHA-256 of a token in base64url, and its `jti` where that is known. */
  | { readonly key: string, readonly jti?: string | undefined }
  | { readonly sub: string }
  | { readonly jti: string }
  /** The part of the `jti` of a token before `-at_`. Older versions of this package ignore it. */
  | { readonly session: string }

/** What happens to the tokens of a target: they are unknown afterwards, or they stay known. */
export type ForgetKind = 'forget' | 'doubt'

/** What another process has forgotten or doubted. */
export interface ForgetMessageContent {
  readonly event: ForgetEvent
  readonly kind: ForgetKind
}

/** The forgets of a fleet, told to everybody at once and in words that only its members read. */
export class ForgetMessages {
  readonly #commands: RedisCommands
  readonly #keys: ReadonlyMap<string, SharedKey>
  readonly #senderId = randomUUID()

  constructor (commands: RedisCommands, keys: readonly SharedKey[], prefix: string) {
    this.#commands = commands
    this.#keys = new Map(keys.map((key) => [`${prefix}:forget:${key.channel}`, key]))
  }

  get channels (): string[] {
    return [...this.#keys.keys()]
  }

  /** Resolves to whether Redis has passed it on. Under every key, as some of the fleet may know only one. */
  async publish (event: ForgetEvent, kind: ForgetKind): Promise<boolean> {
    const text = JSON.stringify([this.#senderId, event, kind])
    const published = await Promise.all([...this.#keys].map(async ([channel, { messages }]) => {
      return await this.#commands.forceSend('PUBLISH', channel, messages.seal(text)).then(() => true, () => false)
    }))
    return published.every(Boolean)
  }

  /** What another process tells; undefined for one's own words, and for anything that no member has said. */
  parse (channel: string, message: string): ForgetMessageContent | undefined {
    const text = this.#keys.get(channel)?.messages.open(message)
    if (text === undefined) return undefined
    const [sender, event, kind] = JSON.parse(text) as [string, ForgetEvent, unknown]
    // Older versions send no kind, and a newer one may send another.
    return sender === this.#senderId ? undefined : { event, kind: kind === 'doubt' ? 'doubt' : 'forget' }
  }
}
