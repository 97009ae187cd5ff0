import type { ActiveToken } from './active-token.ts'
import { createFrozenRecord } from './frozen.ts'

const NO_METADATA: ActiveToken['metadata'] = createFrozenRecord([])

export function decodeMetadata (claim: unknown): ActiveToken['metadata'] {
  if (typeof claim !== 'object' || claim === null) return NO_METADATA
  const texts = Object.entries(claim).filter((entry): entry is [string, string] => typeof entry[1] === 'string')
  return createFrozenRecord(texts.map(([key, value]) => [key, Buffer.from(value, 'base64url').toString()]))
}
