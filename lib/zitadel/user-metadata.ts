import { createFrozenRecord } from './frozen.ts'

/** The user's metadata as text, by its key. */
type UserMetadata = Readonly<Record<string, string>>

const NO_METADATA: UserMetadata = createFrozenRecord([])

/** Decodes a claim of base64 values. What is no text is left out. */
export function decodeMetadata (claim: unknown): UserMetadata {
  if (typeof claim !== 'object' || claim === null) return NO_METADATA
  const texts = Object.entries(claim).filter((entry): entry is [string, string] => typeof entry[1] === 'string')
  return createFrozenRecord(texts.map(([key, value]) => [key, Buffer.from(value, 'base64url').toString()]))
}
