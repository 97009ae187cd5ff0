import t from 'tap'
import { parseRetryAfter, formatRequestId, describeClockSkew } from '../../lib/client/response-headers.ts'

const NOW = Date.UTC(2026, 0, 1, 12)
const at = (seconds: number): string => new Date(NOW + seconds * 1000).toUTCString()

t.test('a request id of a usual form is quoted', async (t) => {
  for (const id of ['1b4e28ba-2fa1-11d2-883f-0016d3cca427', 'd5qv0k3c1osg00a2v4kg', '7', '1234', '1'.repeat(20), '0123456789abcdef0123456789abcdef']) {
    t.equal(formatRequestId({ 'x-request-id': id }, 'token=abc'), ` [x-request-id ${id}]`, id)
  }
  const none = [undefined, '', '1'.repeat(21), '1B4E28BA-2FA1-11D2-883F-0016D3CCA427', 'req-1', '7\n', ' 7', ['7', '8'], ['7']]
  for (const id of none) t.equal(formatRequestId({ 'x-request-id': id }, ''), '', String(id))
})

t.test('an id that is part of the request is not quoted, with or without its hyphens and capitals', async (t) => {
  const id = '1b4e28ba-2fa1-11d2-883f-0016d3cca427'
  for (const sent of [id, `token=x${id}y`, id.toUpperCase(), id.replaceAll('-', ''), id.replaceAll('-', '').toUpperCase(), '1b-4e28ba2fa111d2883f0016d3cc-a427']) {
    t.equal(formatRequestId({ 'x-request-id': id }, sent), '', sent)
  }
  t.not(formatRequestId({ 'x-request-id': id }, id.slice(1)), '')
})

t.test('clocks that differ by two seconds or more are named, with the one that is ahead', async (t) => {
  t.equal(describeClockSkew({ date: at(-2) }, NOW), "; this machine's clock is 2 s ahead of ZITADEL's")
  t.equal(describeClockSkew({ date: at(2) }, NOW), "; this machine's clock is 2 s behind ZITADEL's")
  t.equal(describeClockSkew({ date: at(3600) }, NOW + 400), "; this machine's clock is 3600 s behind ZITADEL's")
  for (const date of [at(0), at(1), at(-1), undefined, 'soon', [at(60), at(60)]]) t.equal(describeClockSkew({ date }, NOW), '', String(date))
})

t.test('retry-after is a number of seconds, or a date by the clock of the server (RFC 9110 section 10.2.3)', async (t) => {
  t.equal(parseRetryAfter({ 'retry-after': '7' }, NOW), 7000)
  t.equal(parseRetryAfter({ 'retry-after': '60' }, NOW), 60_000)
  t.equal(parseRetryAfter({ 'retry-after': '61' }, NOW), 60_000, 'a minute at most')
  t.equal(parseRetryAfter({ 'retry-after': at(20) }, NOW), 20_000)
  t.equal(parseRetryAfter({ 'retry-after': at(3620), date: at(3600) }, NOW), 20_000)
  t.equal(parseRetryAfter({ 'retry-after': at(20), date: 'soon' }, NOW), 20_000)
})

t.test('without a valid retry-after, the wait is five seconds', async (t) => {
  for (const value of [undefined, '', '0', '-3', '1234567890', '7 s', 'in 7', 'soon', at(-10), ['7', '8']]) {
    t.equal(parseRetryAfter({ 'retry-after': value }, NOW), 5000, String(value))
  }
})
