import t from 'tap'
import { inspect } from 'node:util'
import { DenialCause, ZitadelError, createOptionError } from '../lib/errors.ts'
import { OutageError, RejectionError, createClientRejectedError, createUnavailableError } from '../lib/failures.ts'
import { toRequestError } from '../lib/guard/denials/request-error.ts'

t.test('an error has the status and the headers of its response', async (t) => {
  const error = new ZitadelError('FST_ZITADEL_NO_TOKEN', 401, 'A bearer token is required', { 'www-authenticate': 'Bearer' })
  t.ok(error instanceof Error)
  t.match(error, { name: 'ZitadelError', code: 'FST_ZITADEL_NO_TOKEN', statusCode: 401, message: 'A bearer token is required', headers: { 'www-authenticate': 'Bearer' } })
  t.match(error.stack, /^ZitadelError: A bearer token|^Error: A bearer token/)
  t.same(new ZitadelError('FST_ZITADEL_OPTION', 500, '').headers, {})
})

t.test('an outage is a 503 with Retry-After, and only the log has the reason', async (t) => {
  const error = createUnavailableError(new OutageError('no answer from ZITADEL (ECONNREFUSED)', 'check that it runs'))
  t.match(error, { code: 'FST_ZITADEL_UNAVAILABLE', statusCode: 503 })
  t.match(error.headers['retry-after'], /^[1-9]\d*$/, 'in seconds (RFC 9110 section 10.2.3)')
  t.notOk(error.headers['www-authenticate'], 'no challenge: the token was not judged')
  t.notMatch(error.message, 'ECONNREFUSED')
  t.match(error.cause, { message: 'no answer from ZITADEL (ECONNREFUSED)' })
})

t.test('a rejection of this API is a 500 whose message does not name the reason', async (t) => {
  const error = createClientRejectedError(new RejectionError('ZITADEL does not accept the key', 'credentials'))
  t.match(error, { code: 'FST_ZITADEL_CLIENT_REJECTED', statusCode: 500, message: 'This API cannot verify access tokens' })
  t.same(error.headers, {})
  t.notMatch(error.message, /key|ZITADEL/)
  t.match(error.cause, { message: 'ZITADEL does not accept the key' })
})

t.test('a cause is not enumerable, so that copies and serializers do not contain it', async (t) => {
  for (const error of [createUnavailableError(new OutageError('observed', 'check')), createClientRejectedError(new RejectionError('observed', 'path')), toRequestError(createOptionError('observed'))]) {
    t.notOk(Object.keys(error).includes('cause'))
    t.notMatch(JSON.stringify(error), 'observed')
    t.notMatch(JSON.stringify({ ...error }), 'observed')
    t.match(inspect(error), 'observed')
  }
  t.notOk('cause' in createOptionError('without one'))
})

t.test('the headers of an error are frozen', async (t) => {
  t.throws(() => { Object.assign(createUnavailableError(new OutageError('observed', 'check')).headers, { 'retry-after': '0' }) }, TypeError)
  t.not(createUnavailableError(new OutageError('observed', 'check')).headers['retry-after'], '0')
})

t.test('a mistake in the configuration is a 500 that names the option', async (t) => {
  t.match(createOptionError('option "issuer" is missing'), { code: 'FST_ZITADEL_OPTION', statusCode: 500, message: 'option "issuer" is missing', headers: {} })
})

t.test('a mistake that a request finds is in the log, not in the response', async (t) => {
  const mistake = createOptionError('GET /orders: "roles" must be an array')
  const error = toRequestError(mistake) as ZitadelError
  t.match(error, { code: 'FST_ZITADEL_OPTION', statusCode: 500 })
  t.notMatch(error.message, 'roles')
  t.equal(error.cause, mistake)
})

t.test('other errors are not changed', async (t) => {
  for (const error of [createUnavailableError(new OutageError('observed', 'check')), new ZitadelError('FST_ZITADEL_NO_TOKEN', 401, ''), new TypeError('of a user')]) t.equal(toRequestError(error), error)
})

t.test('a thrown non-error value denies the request too', async (t) => {
  for (const thrown of [undefined, null, 0, '', 'text', { statusCode: 200 }, false]) {
    const error = toRequestError(thrown)
    t.ok(error instanceof Error)
    t.equal(error.message, 'a non-error value was thrown')
  }
})

t.test('only a mistake in code or options keeps the frames of its stack', async (t) => {
  const cause = new OutageError('down', 'check')
  for (const error of [cause, new DenialCause('expired'), createUnavailableError(cause), new ZitadelError('FST_ZITADEL_NO_TOKEN', 401, 'A bearer token is required')]) {
    t.equal(error.stack, `${error.name}: ${error.message}`)
  }
  t.equal(new DenialCause('expired').stack, 'DenialCause: expired')
  t.equal(cause.stack, 'OutageError: down')
  for (const error of [createOptionError('observed'), createClientRejectedError(new RejectionError('observed', 'path'))]) t.match(error.stack, /\n\s+at /)
})

t.test('the cause, the reason and the stack of an error can be replaced, as those of other errors', async (t) => {
  const error = createUnavailableError(new OutageError('down', 'check'))
  for (const name of ['cause', 'reason', 'stack']) t.match(Object.getOwnPropertyDescriptor(error, name), { configurable: true, writable: true, enumerable: false }, name)
})

t.test('an error has the shape of http-errors', async (t) => {
  t.match(new ZitadelError('FST_ZITADEL_NO_TOKEN', 401, ''), { status: 401, expose: true })
})

t.test('the reason of a denial is no enumerable property', async (t) => {
  const error = new ZitadelError('FST_ZITADEL_NO_TOKEN', 401, '', {}, undefined, 'token_missing')
  t.equal(error.reason, 'token_missing')
  t.notOk(Object.keys(error).includes('reason'))
})

t.test('the message of a failure below 500 is for the caller, and that of another one is not', async (t) => {
  const exposes = (status: number): boolean => new ZitadelError('FST_ZITADEL_OPTION', status, '').expose
  t.same([401, 499, 500, 503].map(exposes), [true, true, false, false])
})

t.test('a caller reads in an outage that the token cannot be verified', async (t) => {
  t.equal(createUnavailableError(new OutageError('down', 'check')).message, 'The access token cannot be verified right now')
})
