import t from 'tap'
import { ReplyScanner } from '../../lib/shared-cache/reply-scanner.ts'

/** Returns what a scanner returns for text in one piece, and for each of its bytes. */
function scan (text: string): [number | undefined, number] {
  const [whole, single] = [new ReplyScanner(), new ReplyScanner()]
  const bytes = Buffer.from(text, 'latin1')
  return [whole.scan(bytes), Array.from(bytes, (_, index) => single.scan(bytes.subarray(index, index + 1))).findIndex((at) => at !== undefined)]
}

/** In one piece, byte by byte, and in any two pieces. */
function isValid (text: string): boolean {
  const bytes = Buffer.from(text, 'latin1')
  const isValidInTwo = (end: number): boolean => {
    const scanner = new ReplyScanner()
    return scanner.scan(bytes.subarray(0, end)) === undefined && scanner.scan(bytes.subarray(end)) === undefined
  }
  return JSON.stringify(scan(text)) === '[null,-1]' && Array.from(bytes.subarray(0, 100), (_, index) => isValidInTwo(index)).every(Boolean)
}

const MEBIBYTE = 1_048_576

t.test('replies of Redis are valid, in one piece and byte by byte', async (t) => {
  for (const reply of [
    '+OK\r\n', '+\r\n', '-ERR unknown command\r\n', ':1\r\n', ':-1\r\n', '$5\r\nhello\r\n', '$0\r\n\r\n', '$-1\r\n', '$2\r\n\r\n\r\n', '$4\r\n\r\n$9\r\n',
    '*0\r\n', '*-1\r\n', '*2\r\n:1\r\n$2\r\nab\r\n', '*2\r\n*1\r\n*0\r\n*2\r\n+a\r\n+b\r\n', '*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n',
    '_\r\n', '#t\r\n', '#f\r\n', ',1.5\r\n', ',-0\r\n', ',1.\r\n', ',+2.5E-7\r\n', ',1e10\r\n', ',inf\r\n', ',+inf\r\n', ',-inf\r\n', ',nan\r\n', '(123456789012345678901234567890\r\n', '!3\r\nERR\r\n', '=8\r\ntxt:info\r\n', '=4\r\ntxt:\r\n',
    '%1\r\n+proto\r\n:3\r\n', '%0\r\n', '~2\r\n:1\r\n:2\r\n', '>3\r\n+message\r\n+a\r\n+b\r\n'
  ]) t.ok(isValid(reply.repeat(3) + '+OK\r\n'), JSON.stringify(reply))
})

t.test('what is no reply of Redis is invalid from its first byte', async (t) => {
  for (const text of [
    '\r\n', 'OK\r\n', '\0\r\n', 'HTTP/1.1 200 OK\r\n', '$\r\n', '$x\r\n', '$-2\r\n', '$1x\r\n', '$-1x\r\n', '*-12\r\n', '$-1$-1\r\n', '$ 1\r\n', '$+1\r\n', '*\r\n', '*?\r\n', '*-2\r\n', '%-1\r\n', '~-1\r\n', '>-1\r\n', '!-1\r\n', '=-1\r\n', '=3\r\ntxt\r\n',
    '_x\r\n', '#\r\n', '#x\r\n', '#tt\r\n', '|1\r\n', '.\r\n', '$123456789\r\n', '*123456789\r\n', 'x$1\r\n', 'x$-1\r\n', 'x+\r\n'
  ]) {
    t.equal(scan(text)[0], 0, JSON.stringify(text))
    t.equal(scan(text)[1], text.indexOf('\r'), `${JSON.stringify(text)} byte by byte`)
    t.equal(scan(`+OK\r\n*1\r\n${text}`)[0], 9, `after another: ${JSON.stringify(text)}`)
  }
})

t.test('a message inside of an array is invalid, because clients cannot decode it', async (t) => {
  for (const array of ['*1', '~1', '%1', '>1']) t.equal(scan(`${array}\r\n>0\r\n`)[0], 4, array)
})

t.test('a double that is none is invalid, because ioredis would read a length behind its first letter', async (t) => {
  for (const text of [',nxxxx*33554432', ',ixxxx*33554432', ',-ixxxx*33554432', ',n', ',nan1', ',inf1', ',infinity', ',-nan', ',', ',-', ',.5', ',1e', ',1.5.5', ', 1', ',x']) t.equal(scan(`${text}\r\n`)[0], 0, text)
})

t.test('a client is not given the length of a reply that is too large', async (t) => {
  for (const [header, valid] of [['$1048568', true], ['$1048569', false], ['=1048568', true], ['!1048569', false], ['$99999999', false]] as const) {
    t.equal(scan(`${header}\r\n`)[0], valid ? undefined : 0, header)
    t.equal(scan(`${header}\r`)[0], valid ? undefined : 0, `${header} without the line feed`)
    t.equal(scan(header)[0], undefined, `${header} without its end`)
  }
})

t.test('the strings of an array count together, and those of another reply do not', async (t) => {
  const half = `$${MEBIBYTE / 2 - 20}\r\n${'x'.repeat(MEBIBYTE / 2 - 20)}\r\n`
  const scanner = new ReplyScanner()
  for (const text of ['*2\r\n', half, half, '*2\r\n', half, half, half, half]) t.equal(scanner.scan(Buffer.from(text)), undefined)
  t.equal(scanner.scan(Buffer.from(`*3\r\n${half}${half}`)), undefined)
  t.equal(scanner.scan(Buffer.from(half)), 0)
})

t.test('all arrays of a reply have 4096 elements at most, and a pair is two', async (t) => {
  for (const [text, valid] of [
    ['*4096\r\n', true], ['*4097\r\n', false], ['~4097\r\n', false], ['>4097\r\n', false], ['%2048\r\n', true], ['%2049\r\n', false],
    ['*2\r\n*4094\r\n', true], ['*2\r\n*4095\r\n', false], ['*2\r\n*0\r\n*4094\r\n', true], ['*2\r\n*1\r\n:1\r\n*4094\r\n', false]
  ] as const) t.equal(scan(text)[0], valid ? undefined : text.lastIndexOf('\n', text.length - 2) + 1, JSON.stringify(text))
  t.ok(isValid(`*4096\r\n${':1\r\n'.repeat(4096)}`.repeat(2)), 'each reply has its own')
})

t.test('arrays are nested eight deep at most', async (t) => {
  t.ok(isValid(`${'*1\r\n'.repeat(8)}:1\r\n`.repeat(2)))
  t.equal(scan('*1\r\n'.repeat(9))[0], 8 * 4)
})

t.test('a line has 4096 bytes at most', async (t) => {
  t.ok(isValid(`-${'x'.repeat(4095)}\r\n`.repeat(2)))
  t.equal(scan(`-${'x'.repeat(4096)}`)[0], 0)
  t.equal(scan(`+OK\r\n-${'x'.repeat(4096)}\r\n`)[0], 5)
})

t.test('lines count for the size of a reply', async (t) => {
  const line = `+${'x'.repeat(4000)}\r\n`
  t.equal(new ReplyScanner().scan(Buffer.from(`*4096\r\n${line.repeat(262)}`)), undefined)
  t.equal(new ReplyScanner().scan(Buffer.from(`*4096\r\n${line.repeat(263)}`)), 7 + 262 * line.length)
})
