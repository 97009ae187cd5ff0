import * as fc from 'fast-check'
import t from 'tap'
import { parseRetryAfter, formatRequestId, describeClockSkew } from '../../lib/client/response-headers.ts'
import { holds } from './runs.ts'

const NOW = 1_800_000_000_000
const dates = fc.date({ noInvalidDate: true }).map((date) => date.toUTCString())
const anything = fc.oneof(fc.string({ unit: 'binary' }), fc.string(), fc.integer().map(String), fc.double().map(String), dates, fc.uuid(), fc.stringMatching(/^[0-9a-v]{20}$/), fc.stringMatching(/^[0-9a-f]{32}$/))

t.test('any Retry-After gives a backoff of at most a minute (RFC 9110 section 10.2.3)', async () => {
  holds(fc.property(anything, anything, (retryAfter, date) => {
    const pause = parseRetryAfter({ 'retry-after': retryAfter, date }, NOW)
    return pause > 0 && pause <= 60_000
  }))
})

t.test('a Retry-After in seconds is used up to a minute', async () => {
  holds(fc.property(fc.integer({ min: 1, max: 999_999_999 }), (seconds) => parseRetryAfter({ 'retry-after': String(seconds) }, NOW) === Math.min(seconds, 60) * 1000))
})

t.test('the clock difference is reported in whole seconds or not at all, for any Date', async () => {
  holds(fc.property(anything, (date) => /^$|^; this machine's clock is \d+ s (?:ahead of|behind) ZITADEL's$/.test(describeClockSkew({ date }, NOW))))
})

t.test('any request id of a response keeps the log line intact, and no sent secret is taken for one', async () => {
  holds(fc.property(anything, anything, (id, sent) => {
    const quoted = formatRequestId({ 'x-request-id': id }, sent)
    return quoted === '' || (/^ \[x-request-id [0-9a-v-]{1,36}\]$/.test(quoted) && !sent.includes(id))
  }))
})

t.test('an id that was sent is not quoted, in any position and in upper or lower case', async () => {
  const ids = fc.oneof(fc.uuid(), fc.stringMatching(/^[0-9a-v]{20}$/), fc.stringMatching(/^[0-9a-f]{32}$/), fc.stringMatching(/^[0-9]{6,20}$/))
  holds(fc.property(ids, fc.string(), fc.string(), fc.constantFrom('toUpperCase', 'toLowerCase'), (id, before, after, method) => {
    return formatRequestId({ 'x-request-id': id }, `${before}${id[method]()}${after}`) === ''
  }))
})
