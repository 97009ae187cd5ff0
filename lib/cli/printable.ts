/** Control characters, line breaks, and characters that change the direction of a text or are invisible. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

/** Escapes what could change a terminal or start another line, because callers choose names such as those of scopes. */
export function toPrintable (text: string): string {
  return text.replace(UNPRINTABLE, (character) => Array.from({ length: character.length }, (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`).join(''))
}

/** How many characters of a peer's text are shown. */
const MAX_SHOWN_LENGTH = 200

/** Prepares a text of a peer for a message: shortened, and in ASCII. */
export function shortenForDisplay (text: string): string {
  return text.slice(0, MAX_SHOWN_LENGTH).replace(/[^\x20-\x7e]/g, '?')
}

/** Formats a value as JSON, in which the same is escaped. */
export function formatJson (value: unknown): string {
  return `${JSON.stringify(value, null, 2).split('\n').map(toPrintable).join('\n')}\n`
}
