import * as fc from 'fast-check'
import t from 'tap'
import { ReplyScanner } from '../../lib/shared-cache/reply-scanner.ts'
import { createDecoder, decoders } from '../fixtures/redis-decoders.ts'
import { holds } from './runs.ts'

/** More than the bytes of the largest reply. Each is the end of a line, and begins no value. */
const TAIL = Buffer.alloc(1_050_000, '\r')
/** What redis-parser does not know, and an object that node-redis cannot convert to the key of a map. */
const UNKNOWN = /^Protocol error, got "[_#,(!=%~>]" as reply type byte|to primitive value/

const line = fc.string({ unit: fc.constantFrom(...'ab01-+.einfn$*:%\n\xff'), maxLength: 12 })
const digits = fc.nat({ max: 20 }).map(String)
const double = fc.tuple(fc.constantFrom('', '-', '+'), fc.oneof(fc.constant('inf'), fc.tuple(digits, fc.constantFrom('', '.5', '.', 'e3', '.25E-2', '.0e+7')).map((parts) => parts.join('')))).map((parts) => parts.join(''))
const blob = fc.string({ unit: fc.constantFrom('a', '\r', '\n', '$', '*', '9', '\0'), maxLength: 20 })
const aggregate = (type: string, members: readonly string[]): string => `${type}${type === '%' ? members.length / 2 : members.length}\r\n${members.join('')}`
/** Replies that Redis can send. */
const { reply } = fc.letrec<{ reply: string, value: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', maxDepth: 4, withCrossShrink: true },
    fc.oneof(
      fc.tuple(fc.constantFrom('+', '-'), line).map(([type, text]) => `${type}${text}\r\n`),
      fc.tuple(fc.constantFrom(':', '(', ':-', '(-'), digits).map((parts) => `${parts.join('')}\r\n`),
      fc.oneof(double, fc.constant('nan')).map((text) => `,${text}\r\n`),
      fc.tuple(fc.constantFrom('$', '!'), blob).map(([type, text]) => `${type}${text.length}\r\n${text}\r\n`),
      blob.map((text) => `=${text.length + 4}\r\ntxt:${text}\r\n`),
      fc.constantFrom('$-1\r\n', '*-1\r\n', '_\r\n', '#t\r\n', '#f\r\n')
    ),
    fc.tuple(fc.constantFrom('*', '~'), fc.array(tie('value'), { maxLength: 4 })).map(([type, members]) => aggregate(type, members)),
    fc.array(fc.tuple(tie('value'), tie('value')), { maxLength: 2 }).map((pairs) => aggregate('%', pairs.flat()))
  ),
  reply: fc.oneof(tie('value'), fc.array(tie('value'), { maxLength: 4 }).map((members) => aggregate('>', members)))
}))
const stream = fc.array(reply, { maxLength: 5 })
/** Where a stream is cut into pieces, as a share of its length. */
const cuts = fc.oneof(fc.constant([]), fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 }), fc.constant(Array.from({ length: 200 }, (_, index) => index / 200)))
const hostile = fc.oneof(
  fc.constantFrom('*4097\r\n', '*33554432\r\n', '$99999999\r\n', '!1048600\r\n', '=1048600\r\n', '%2049\r\n', '~5000\r\n', '>5000\r\n', '*1\r\n'.repeat(9), '>1\r\n', '\r', '\n', '\r\n', '-1\r\n', '=3\r\n', '=0\r\n\r\n', '#tt\r\n', '_x\r\n', ',nan1', ',-inf1', '?', '|1\r\n', ',n', ',-i', ':+', '#', '_', '$-', '*-'),
  fc.string({ unit: fc.constantFrom(...'$*%~>=!+-:,(_#|\r\n0159tfine.\0\xff'), maxLength: 4 })
)
const hostileStream = fc.array(fc.oneof({ weight: 2, arbitrary: reply }, { weight: 1, arbitrary: hostile }), { maxLength: 6 })
/** Writes text over a place of a stream, or between two bytes. */
const mutations = fc.array(fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), removed: fc.nat({ max: 4 }), text: hostile }), { maxLength: 3 })

function mutate (text: string, changes: ReadonlyArray<{ at: number, removed: number, text: string }>): string {
  return changes.reduce((changed, { at, removed, text: written }) => {
    const start = Math.floor(at * changed.length)
    return changed.slice(0, start) + written + changed.slice(start + removed)
  }, text)
}

function split (text: string, shares: readonly number[]): Buffer[] {
  const places = [0, ...shares.map((share) => Math.floor(share * text.length)).sort((a, b) => a - b), text.length]
  return places.slice(1).map((end, index) => Buffer.from(text.slice(places[index], end), 'latin1')).filter(({ length }) => length > 0)
}

/** Writes to a decoder. Returns why it failed, or undefined. */
function write (decoder: { write: (bytes: Buffer) => void }, bytes: Buffer): string | undefined {
  try {
    if (bytes.length > 0) decoder.write(bytes)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

/** Writes a stream as a connection does, until the scanner or the decoder ends it. */
function isBounded (name: string, pieces: readonly Buffer[]): boolean {
  const [decoder, scanner, twin] = [createDecoder(name), new ReplyScanner(), new ReplyScanner()]
  const isSmall = (): boolean => decoder.countElements() <= 4096 && decoder.countDepth() <= 8
  for (const piece of pieces) {
    const bytes = Buffer.from(piece)
    const end = scanner.scan(bytes)
    twin.scan(piece)
    if (end !== undefined) bytes.fill(0, end)
    const failure = write(decoder, bytes)
    if (!isSmall()) return false
    if (end !== undefined) return true
    // A decoder reads the beginning of a line, and the scanner the whole line.
    if (failure !== undefined) return UNKNOWN.test(failure) || twin.scan(TAIL.subarray(0, 1)) !== undefined
  }
  // Where the scanner expects a value, the decoder must expect one too: it is in no string, and in no other line.
  const end = scanner.scan(TAIL)!
  // An incomplete line that is invalid.
  if (end === 0 && twin.scan(Buffer.from('+\r\n')) !== undefined) return true
  const failure = write(decoder, TAIL.subarray(0, end)) ?? write(decoder, Buffer.from('\r\r'))
  return failure !== undefined && isSmall()
}

t.test('a reply of Redis is valid, in any pieces', async () => {
  holds(fc.property(stream, cuts, (replies, shares) => {
    const scanner = new ReplyScanner()
    return split(replies.join(''), shares).every((piece) => scanner.scan(piece) === undefined)
  }))
})

for (const name of decoders) {
  t.test(`${name}: no bytes of a server let the decoder create more than the scanner permits`, async () => {
    holds(fc.property(hostileStream, mutations, cuts, (texts, changes, shares) => isBounded(name, split(mutate(texts.join(''), changes), shares))))
  })
}
