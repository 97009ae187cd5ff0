import type { Verdict } from './verdict.ts'

// What V8 takes without pointer compression, as measured with responses of many shapes. Mostly too much rather than too little.
const VERDICT_BYTES = 700
const OBJECT_BYTES = 56
const MEMBER_BYTES = 32
const ELEMENT_BYTES = 24
const STRING_BYTES = 24
/** Objects with more members have a hash table of their own. Smaller responses share the names of their members. */
const MAX_SHARED_MEMBERS = 100
const TABLE_MEMBER_BYTES = 80
/** What the description of an object takes for a member with a new name, beside the member. */
const NEW_NAME_BYTES = 140

/**
 * Estimates the memory of a cached verdict in bytes: the response, and what was decoded from it. What several verdicts share
 * counts for each of them.
 *
 * @param isNewName whether no response had a member of this name lately. Default: all names are shared
 */
export function weighVerdict ({ granted, sub, jti, session, sid }: Verdict, isNewName: (name: string) => boolean = () => false): number {
  if (granted === undefined) return VERDICT_BYTES + weighText(sub) + weighText(jti) + weighText(session) + weighText(sid)
  const { claims, metadata, roles, scopes } = granted.token
  const members = Object.values(claims)
  const hasTable = members.length > MAX_SHARED_MEMBERS
  const newNames = hasTable ? 0 : weighNewNames(Object.keys(claims), isNewName)
  // `sub`, `jti` and `sid` are strings of the response.
  return VERDICT_BYTES + weighText(session) + newNames + weighJson([hasTable ? claims : members, metadata, roles, scopes], isNewName)
}

function weighNewNames (names: readonly string[], isNewName: (name: string) => boolean): number {
  let bytes = 0
  for (const name of names) if (isNewName(name)) bytes += NEW_NAME_BYTES + name.length
  return bytes
}

/** A loop, because a hostile response can be nested deeper than the stack. */
function weighJson (json: unknown, isNewName: (name: string) => boolean): number {
  const pending = [json]
  let bytes = 0
  while (pending.length > 0) {
    const value = pending.pop()
    if (typeof value === 'string') bytes += weighText(value)
    if (typeof value !== 'object' || value === null) continue
    bytes += OBJECT_BYTES
    if (Array.isArray(value)) {
      bytes += ELEMENT_BYTES * value.length
      for (const element of value) pending.push(element)
      continue
    }
    const members = Object.entries(value)
    const hasTable = members.length > MAX_SHARED_MEMBERS
    bytes += (hasTable ? TABLE_MEMBER_BYTES : MEMBER_BYTES) * members.length
    for (const [name, member] of members) {
      bytes += name.length + (!hasTable && isNewName(name) ? NEW_NAME_BYTES : 0)
      pending.push(member)
    }
  }
  return bytes
}

/** One byte a character if all are ASCII. Other texts count two, although V8 keeps those of Latin-1 in one. */
function weighText (text: string | undefined): number {
  if (text === undefined) return 0
  return STRING_BYTES + (Buffer.byteLength(text) === text.length ? text.length : 2 * text.length)
}
