/** Bytes of the largest reply. Those to the commands of this package have up to 64 KiB, messages up to 16 KiB, and INFO, which clients send, less than both. */
const MAX_REPLY_BYTES = 1_048_576
/** Elements of all arrays, sets and maps in a reply, and arrays in arrays. Clients allocate an array when they read its length. */
const MAX_ELEMENTS = 4096
const MAX_DEPTH = 8
/** Bytes of a line: an error, a number, or the length of what follows. */
const MAX_LINE_BYTES = 4096

const CARRIAGE_RETURN = 13

/**
 * Lines that are a value, and lines that announce one. All clients that know a type read it alike. One that does not know it has an error,
 * after which its connection is closed. Of `nan` and `inf`, ioredis reads the first letter, and skips the bytes of the others.
 */
const VALUE = /^(?:[+\-:(]|,(?:nan|[+-]?(?:inf|\d+(?:\.\d*)?(?:[eE][+-]?\d+)?))$|[$*]-1$|#[tf]$|_$)/
const LENGTH = /^([$!=*~>%])(\d{1,8})$/

/**
 * Finds replies that are larger than every reply to this package, before a client allocates memory for them. A client of Redis keeps a reply
 * until it is complete, whatever its length.
 *
 * @see {@link https://redis.io/docs/latest/develop/reference/protocol-spec/ Redis serialization protocol}
 */
export class ReplyScanner {
  #line = ''
  /** Bytes that are no line: of a string, and the ends of lines. */
  #skip = 0
  #bytes = 0
  #elements = 0
  /** The number of elements that are missing in each incomplete array, the outermost first. */
  readonly #missing: number[] = []

  /**
   * Reads the next bytes of a connection.
   *
   * @returns where a line begins, in these bytes, that is invalid or belongs to a reply that is too large; undefined if there is none. Nothing can be read after it
   */
  scan (bytes: Buffer): number | undefined {
    for (let at = 0; at < bytes.length;) {
      if (this.#skip > 0) {
        const skipped = Math.min(this.#skip, bytes.length - at)
        this.#skip -= skipped
        at += skipped
        continue
      }
      const end = bytes.indexOf(CARRIAGE_RETURN, at)
      this.#line += bytes.toString('latin1', at, end === -1 ? bytes.length : end)
      if (this.#line.length > MAX_LINE_BYTES) return at
      if (end === -1) break
      if (!this.#readLine(this.#line)) return at
      this.#line = ''
      at = end + 1
    }
    return undefined
  }

  /** @returns whether the line is valid, and its reply not too large so far */
  #readLine (line: string): boolean {
    // The line feed.
    this.#skip = 1
    this.#bytes += line.length
    const match = LENGTH.exec(line)
    if (match === null ? !VALUE.test(line) : !this.#readLength(match[1]!, Number(match[2]))) return false
    const isSmall = this.#bytes <= MAX_REPLY_BYTES && this.#elements <= MAX_ELEMENTS && this.#missing.length <= MAX_DEPTH
    this.#endValue()
    return isSmall
  }

  #readLength (type: string, length: number): boolean {
    if ('$!='.includes(type)) {
      this.#bytes += length
      this.#skip += length + 2
      // A verbatim string begins with its format, which clients do not count.
      return type !== '=' || length >= 4
    }
    // Clients cannot decode a message inside of an array.
    if (type === '>' && this.#missing.length > 0) return false
    const count = length * (type === '%' ? 2 : 1)
    this.#elements += count
    // One more, for the array itself, which is a value too.
    this.#missing.push(count + 1)
    return true
  }

  #endValue (): void {
    for (let missing = this.#missing.pop(); missing !== undefined; missing = this.#missing.pop()) {
      if (missing > 1) {
        this.#missing.push(missing - 1)
        return
      }
    }
    this.#bytes = 0
    this.#elements = 0
  }
}
