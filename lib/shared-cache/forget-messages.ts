import { randomUUID } from 'node:crypto'
import type { Commands } from './redis-commands.ts'
import type { FleetKey } from './shared-key.ts'

/** What other processes have forgotten, in terms of what a cache in memory knows. */
export type Forgotten =
  /** What was said may have been missed: anything that was asked for before now may have been forgotten. */
  | { readonly all: true }
  /** SHA-256 of a token in base64url, and its `jti` where that is known. */
  | { readonly key: string, readonly jti?: string | undefined }
  | { readonly sub: string }
  | { readonly jti: string }

/** The forgets of a fleet, told to everybody at once and in words that only its members read. */
export class News {
  readonly #commands: Commands
  readonly #keys: ReadonlyMap<string, FleetKey>
  readonly #id = randomUUID()

  constructor (commands: Commands, keys: readonly FleetKey[], prefix: string) {
    this.#commands = commands
    this.#keys = new Map(keys.map((key) => [`${prefix}:forget:${key.channel}`, key]))
  }

  get channels (): string[] {
    return [...this.#keys.keys()]
  }

  /** Resolves to whether Redis has passed it on. Under every key, as some of the fleet may know only one. */
  async tell (forgotten: Forgotten): Promise<boolean> {
    const text = JSON.stringify([this.#id, forgotten])
    const told = await Promise.all([...this.#keys].map(async ([channel, { messages }]) => {
      return await this.#commands.insist('PUBLISH', channel, messages.seal(text)).then(() => true, () => false)
    }))
    return told.every(Boolean)
  }

  /** What another process tells; undefined for one's own words, and for anything that no member has said. */
  read (channel: string, message: string): Forgotten | undefined {
    const text = this.#keys.get(channel)?.messages.open(message)
    if (text === undefined) return undefined
    const [sender, forgotten] = JSON.parse(text) as [string, Forgotten]
    return sender === this.#id ? undefined : forgotten
  }
}
