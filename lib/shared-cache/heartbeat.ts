import { randomUUID } from 'node:crypto'
import { RedisCommandError } from './command-failure.ts'
import type { RedisCommands } from './redis-commands.ts'

/** Milliseconds between two messages of a process to itself. */
export const HEARTBEAT_INTERVAL_MS = 1000

/** Messages of a process to itself, which test whether messages arrive. */
export class Heartbeat {
  readonly #commands: RedisCommands
  /** No other process uses it. */
  readonly channel: string
  /** The latest message, until it is received. */
  #latest: { readonly text: string, isExpected: boolean } | undefined
  #isReplying = false

  constructor (commands: RedisCommands, prefix: string) {
    this.#commands = commands
    this.channel = `${prefix}:beat:${randomUUID()}`
  }

  /** Whether Redis has replied to the latest message, also with an error. */
  get isReplying (): boolean {
    return this.#isReplying
  }

  /** Whether Redis has replied to the latest message and has not delivered it. */
  get isMissing (): boolean {
    return this.#latest?.isExpected === true
  }

  /** @returns whether it is the latest message */
  receive (text: string): boolean {
    if (text !== this.#latest?.text) return false
    this.#latest = undefined
    return true
  }

  /** Resolves when Redis has replied, or has not for too long. */
  async publish (): Promise<void> {
    this.#latest = undefined
    // At a start, the connection of the subscription may be faster than the other.
    if (!this.#commands.isConnected) {
      this.#isReplying = false
      return
    }
    const heartbeat = { text: randomUUID(), isExpected: false }
    this.#latest = heartbeat
    try {
      await this.#commands.forceSend('PUBLISH', this.channel, heartbeat.text)
      this.#isReplying = true
    } catch (error) {
      // If Redis cannot be reached, the message is not expected. An error reply means that no message of any process is delivered.
      this.#isReplying = error instanceof RedisCommandError && error.isReply
    }
    heartbeat.isExpected = this.#isReplying
  }
}
