/** First words of error replies that may be logged. Nothing else that Redis sends is logged. */
const REPLY_ERRORS = ['READONLY', 'OOM', 'NOAUTH', 'WRONGPASS', 'NOPERM', 'LOADING', 'MISCONF', 'NOREPLICAS', 'MASTERDOWN', 'BUSY', 'WRONGTYPE', 'MOVED', 'ASK', 'TRYAGAIN', 'CLUSTERDOWN', 'ERR']

/** The client has no connection, so the command was not sent. */
export const NOT_CONNECTED = 'NOT_CONNECTED'

/** The reason of an error for which there is no stable word. */
export const FAILED = 'FAILED'

/** A command failed. The log has the reason. */
export class RedisCommandError extends Error {
  /** Whether Redis replied, so that it can be reached. */
  readonly isReply: boolean

  constructor (isReply = false) {
    super()
    this.isReply = isReply
  }
}

/** Whether a reason is an error reply of Redis. */
export const isErrorReply = (reason: string): boolean => REPLY_ERRORS.includes(reason)

/** Returns a stable word for the error of a client. It is never the message, which Redis chooses. */
export function getFailureReason (error: unknown): string {
  const { code, message } = (error ?? {}) as { code?: unknown, message?: unknown }
  if (typeof code === 'string' && /^[A-Z][A-Z_]{1,30}$/.test(code)) return code
  return REPLY_ERRORS.find((word) => typeof message === 'string' && message.split(' ', 1)[0] === word) ?? FAILED
}
