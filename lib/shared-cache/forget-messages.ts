import { randomUUID } from 'node:crypto'
import type { Clock } from '../clock.ts'
import { decodeTokenHash, encodeTokenHash } from '../oauth/token-hash.ts'
import type { VerdictTarget } from '../zitadel/verdict-target.ts'
import type { RedisCommands } from './redis-commands.ts'
import type { SharedKey } from './shared-key.ts'

/** What happens to the tokens of a target: they are unknown afterwards, or they stay known. */
export type DropKind = 'forget' | 'doubt'

/** What another process has forgotten or doubted. */
export interface ForgetMessageContent {
  readonly target: VerdictTarget
  readonly kind: DropKind
}

/** Characters of any message. A longer one is not decrypted, because anyone who can publish can send it. */
export const MAX_MESSAGE_LENGTH = 16_384

/** Messages that are stored in order to drop repeats, and the characters that identify them: the nonce and the tag. */
const MAX_REMEMBERED = 1000
const IDENTIFYING_LENGTH = 37

/** Forget messages between processes. Only holders of the shared key can read and write them. */
export class ForgetMessages {
  readonly #commands: RedisCommands
  readonly #keys: ReadonlyMap<string, SharedKey>
  readonly #clock: Clock
  readonly #onClock: (wall: number) => void
  readonly #senderId = randomUUID()
  /** In the order of arrival. */
  readonly #remembered = new Set<string>()

  /** @param onClock called with the wall time at which another process published, in milliseconds since 1970 */
  constructor (commands: RedisCommands, keys: readonly SharedKey[], prefix: string, clock: Clock, onClock: (wall: number) => void) {
    this.#commands = commands
    this.#keys = new Map(keys.map((key) => [`${prefix}:forget:${key.channel}`, key]))
    this.#clock = clock
    this.#onClock = onClock
  }

  get channels (): string[] {
    return [...this.#keys.keys()]
  }

  /**
   * Publishes under every key, because some processes may have only one.
   *
   * @returns whether Redis has passed it on
   */
  async publish (target: VerdictTarget, kind: DropKind): Promise<boolean> {
    const text = JSON.stringify([this.#senderId, recode(target, encodeTokenHash), kind, this.#clock.wall()])
    const published = await Promise.all([...this.#keys].map(async ([channel, { messages }]) => {
      const sealed = messages.seal(text)
      if (sealed.length > MAX_MESSAGE_LENGTH) return false
      return await this.#commands.forceSend('PUBLISH', channel, sealed).then(() => true, () => false)
    }))
    return published.every(Boolean)
  }

  /** Returns what another process forgets; undefined for messages of this process, repeats, and anything not sealed with the key. */
  parse (channel: string, message: string): ForgetMessageContent | undefined {
    const key = this.#keys.get(channel)
    if (key === undefined || message.length > MAX_MESSAGE_LENGTH) return undefined
    const id = message.slice(0, IDENTIFYING_LENGTH)
    if (this.#remembered.has(id)) return undefined
    const text = key.messages.open(message)
    if (text === undefined) return undefined
    this.#remember(id)
    const [sender, target, kind, wall] = JSON.parse(text) as [string, VerdictTarget, unknown, number?]
    if (sender === this.#senderId) return undefined
    // Older versions of this package send no kind and no time, and a newer one may send another kind.
    if (wall !== undefined) this.#onClock(wall)
    return { target: recode(target, decodeTokenHash), kind: kind === 'doubt' ? 'doubt' : 'forget' }
  }

  #remember (id: string): void {
    this.#remembered.add(id)
    if (this.#remembered.size > MAX_REMEMBERED) this.#remembered.delete(this.#remembered.values().next().value!)
  }
}

function recode (target: VerdictTarget, code: (key: string) => string): VerdictTarget {
  return 'key' in target ? { ...target, key: code(target.key) } : target
}
