/** The logger of a Fastify instance. */
interface WarningLog {
  readonly warn: (message: string) => void
  readonly fatal?: unknown
  readonly level?: unknown
}

/** The code of the warnings of the process, for `--disable-warning`. */
const CODE = 'FST_ZITADEL_WARNING'

/** What the process was warned about, because tests can start the same app many times. */
const emitted = new Set<string>()

/**
 * Writes a warning about a probable mistake while the server starts. An instance without a logger would swallow it, so the
 * process is warned instead, once for each message.
 */
export function warnAtStart (log: WarningLog, message: string): void {
  const text = `fastify-zitadel: ${message}`
  if (!isNullLog(log)) return log.warn(text)
  if (emitted.has(text)) return
  emitted.add(text)
  process.emitWarning(text, { code: CODE })
}

/** Names that a list has at most. */
const MAX_NAMES = 10

/** Formats a list of names for a warning. */
export function formatNames (names: readonly string[]): string {
  const more = names.length > MAX_NAMES ? ` and ${names.length - MAX_NAMES} more` : ''
  return `${names.slice(0, MAX_NAMES).join(', ')}${more}`
}

/** Whether a log is that of `Fastify()` without a logger. A logger that is silent by its level is the user's decision. */
function isNullLog ({ warn, fatal, level }: WarningLog): boolean {
  return warn === fatal && level === undefined
}
