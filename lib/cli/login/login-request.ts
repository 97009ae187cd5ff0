import type { Send } from './login-sender.ts'

/** A login to carry out. */
export interface LoginRequest {
  readonly clientId: string
  /** With a space between two. */
  readonly scope: string
  readonly send: Send
  /** Writes a line for the user. */
  readonly prompt: (text: string) => void
  /** Waits so many milliseconds. Rejects if the signal aborts. */
  readonly wait: (milliseconds: number, signal?: AbortSignal) => Promise<unknown>
  /** Monotonic milliseconds. */
  readonly now: () => number
  /** Milliseconds for the whole login. */
  readonly timeout: number
}
