import t from 'tap'
import { MAX_TOKEN_LENGTH, isB64Token, isPrintableAscii, isScopeToken } from '../../lib/oauth/bearer.ts'

const MEGABYTE = 2 ** 20
/** Every code unit of one byte, and some beyond. */
const CHARACTERS = [...Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)), '\u2028', '\uFEFF', 'Ａ', '\uD800']

/** Which characters can stand alone and in the middle of what is accepted. */
function accepted (isIt: (value: string) => boolean): string {
  return CHARACTERS.filter((c) => isIt(`a${c}a`)).join('')
}

t.test('a token contains letters, digits and - . _ ~ + /', async (t) => {
  t.equal(accepted(isB64Token), '+-./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~')
  t.notOk(isB64Token(''))
})

t.test('a token can contain equal signs at its end only', async (t) => {
  for (const token of ['a=', 'a==', 'a=====']) t.ok(isB64Token(token), token)
  for (const token of ['=', '==', '=a', 'a=a', 'a==a=']) t.notOk(isB64Token(token), token)
})

t.test('a token is the whole string', async (t) => {
  for (const token of ['a\n', 'a=\n', '\na', 'a ', ' a', 'a\0', 'a\r\nx: y']) t.notOk(isB64Token(token), JSON.stringify(token))
})

t.test('all formats of ZITADEL tokens are tokens', async (t) => {
  const part = 'eyJhbGciOiJSUzI1NiJ9'
  for (const token of [part, `${part}.${part}.${part}`, `${part}..${part}.${part}.${part}`, 'dGhlIG9sZGVy_b3BhcXVl-b25l']) t.ok(isB64Token(token))
})

t.test('a token has at most 16 KiB', async (t) => {
  t.equal(MAX_TOKEN_LENGTH, 16_384)
  const long = 'a'.repeat(MAX_TOKEN_LENGTH)
  for (const token of [long, `${long.slice(1)}=`, 'a'.padEnd(MAX_TOKEN_LENGTH, '=')]) t.ok(isB64Token(token))
  for (const token of [`${long}a`, `${long}=`, 'a'.repeat(64 * MEGABYTE)]) t.notOk(isB64Token(token))
})

t.test('the longest token is checked like a short one', async (t) => {
  const half = MAX_TOKEN_LENGTH / 2
  const [long, equals] = ['a'.repeat(half - 1), '='.repeat(half)]
  for (const token of [`${long}!`, `!${long}`, `${long + equals}a`, equals, `${long} ${long}`, 'a='.repeat(half)]) t.notOk(isB64Token(token))
})

t.test('a scope-token is printable ASCII without space, quote and backslash (RFC 6749 section 3.3)', async (t) => {
  const printable = CHARACTERS.filter((c) => c >= '!' && c <= '~')
  t.equal(accepted(isScopeToken), printable.filter((c) => c !== '"' && c !== '\\').join(''))
  t.ok(isScopeToken('urn:zitadel:iam:org:project:id:280000000000000001:aud'))
  for (const scope of ['', 'a\n', 'openid profile']) t.notOk(isScopeToken(scope), JSON.stringify(scope))
  t.ok(isScopeToken('a'.repeat(MEGABYTE)))
  t.notOk(isScopeToken(`${'a'.repeat(MEGABYTE)}"`))
})

t.test('only printable ASCII can be quoted, so that no header line can be broken', async (t) => {
  t.equal(accepted(isPrintableAscii), CHARACTERS.filter((c) => c >= ' ' && c <= '~').join(''))
  t.ok(isPrintableAscii(''))
  for (const text of ['a\r\nset-cookie: b', 'a\n', 'é', `${' '.repeat(MEGABYTE)}\n`]) t.notOk(isPrintableAscii(text))
  t.ok(isPrintableAscii('\\"'.repeat(MEGABYTE / 2)))
})
