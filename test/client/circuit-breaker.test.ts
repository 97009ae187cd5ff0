import t from 'tap'
import { ZitadelError } from '../../lib/errors.ts'
import { OutageError, RejectionError, createClientRejectedError, createUnavailableError } from '../../lib/failures.ts'
import { CircuitBreaker, type CircuitFailure, type CircuitPermit } from '../../lib/client/circuit-breaker.ts'
import { ManualClock } from '../fixtures/clock.ts'

const down: CircuitFailure = { error: createUnavailableError(new OutageError('ZITADEL answered 503', 'check')) }
const causedByCaller: CircuitFailure = { error: createUnavailableError(new OutageError('ZITADEL answered 403', 'check', true)) }
const odd: CircuitFailure = { error: createClientRejectedError(new RejectionError('an odd 400', 'request')) }
const rejected: CircuitFailure = { error: createClientRejectedError(new RejectionError('rejected', 'credentials')), backoff: 6000 }
const limited = (backoff: number): CircuitFailure => ({ error: createUnavailableError(new OutageError('ZITADEL answered 429', 'check', true)), backoff })

interface Setup { clock: ManualClock, circuit: CircuitBreaker, fail: (times: number, failure?: CircuitFailure) => void, denial: () => ZitadelError | undefined }

function setUp ({ opensOnFailures = true } = {}): Setup {
  const clock = new ManualClock()
  const circuit = new CircuitBreaker(opensOnFailures, clock)
  return {
    clock,
    circuit,
    fail: (times, failure = down) => { for (let time = 0; time < times; time++) circuit.recordFailure(failure, circuit.acquire()) },
    /** The error of a request that is not permitted; undefined if it is permitted, and its permit is released. */
    denial: () => {
      try {
        circuit.release(circuit.acquire())
        return undefined
      } catch (error) {
        return error as ZitadelError
      }
    }
  }
}

t.test('five failures in a row open the circuit, four and a success do not', async (t) => {
  const { circuit, fail, denial } = setUp()
  fail(4)
  circuit.recordSuccess(circuit.acquire())
  fail(4)
  t.notOk(circuit.isOpen)
  fail(1)
  t.ok(circuit.isOpen)
  const error = denial()!
  t.same([error.code, error.statusCode, error.headers], ['FST_ZITADEL_UNAVAILABLE', 503, { 'retry-after': '1' }])
  t.equal(error.cause, down.error.cause)
})

t.test('recordFailure returns true for the last failure of a series and for each probe that fails', async (t) => {
  const { circuit, clock } = setUp()
  const late = circuit.acquire()
  const fails = (failure = down, permit = circuit.acquire()): boolean => circuit.recordFailure(failure, permit)
  t.same([fails(), fails(causedByCaller), fails(odd), fails(), fails(), fails(), fails()], [false, false, false, false, false, false, true])
  t.notOk(fails(down, late), 'a request that was sent before the circuit opened')
  t.notOk(fails(rejected, late), 'a failure with a backoff')
  clock.advance(0.5)
  t.ok(fails())
  const switchedOff = setUp({ opensOnFailures: false })
  for (let time = 0; time < 6; time++) t.notOk(switchedOff.circuit.recordFailure(down, switchedOff.circuit.acquire()))
})

t.test('the circuit is open for 0.5 s, for 1 s after each probe that fails, and for 0.5 s again after a success', async (t) => {
  const { circuit, clock, fail, denial } = setUp()
  fail(5)
  for (const seconds of [0.5, 1, 1, 1]) {
    t.equal(denial()!.headers['retry-after'], '1')
    clock.advance(seconds - 0.001)
    t.ok(denial())
    clock.advance(0.001)
    fail(1)
  }
  clock.advance(1)
  circuit.recordSuccess(circuit.acquire())
  fail(4)
  t.notOk(circuit.isOpen, 'a success resets the count of failures')
  fail(1)
  clock.advance(0.5)
  t.notOk(denial(), 'the first open period is short again')
})

t.test('the second in which the circuit is open after a probe that fails begins with the probe', async (t) => {
  const { circuit, clock, fail, denial } = setUp()
  fail(5)
  clock.advance(0.5)
  for (const [seconds, rest] of [[0.25, 0.75], [0.75, 0.25], [1, 0]] as const) {
    const probe = circuit.acquire()
    clock.advance(seconds)
    t.ok(circuit.recordFailure(down, probe))
    if (rest > 0) t.ok(denial())
    clock.advance(rest)
    t.equal(denial(), undefined)
  }
})

t.test('the wall clock has no effect on the circuit', async (t) => {
  const { clock, fail, denial } = setUp()
  fail(5)
  clock.jump(3600)
  t.ok(denial())
  clock.jump(-7200)
  clock.advance(0.5)
  t.notOk(denial())
})

t.test('one probe is sent at a time', async (t) => {
  const { circuit, clock, fail } = setUp()
  fail(5)
  clock.advance(0.5)
  const probe = circuit.acquire()
  const { headers } = t.throws(() => circuit.acquire(), { code: 'FST_ZITADEL_UNAVAILABLE' }) as ZitadelError
  t.same(headers, { 'retry-after': '1' })
  clock.advance(0.999)
  t.throws(() => circuit.acquire())
  circuit.recordSuccess(probe)
  circuit.recordSuccess(circuit.acquire())
  circuit.acquire()
})

t.test('while a probe has no result, another one is sent every second', async (t) => {
  const { circuit, clock, fail, denial } = setUp()
  fail(5)
  clock.advance(0.5)
  const first = circuit.acquire()
  clock.advance(1)
  const second = circuit.acquire()
  t.throws(() => circuit.acquire())
  circuit.recordFailure(down, first)
  clock.advance(0.999)
  t.throws(() => circuit.acquire())
  clock.advance(0.001)
  const third = circuit.acquire()
  t.throws(() => circuit.acquire())
  circuit.recordSuccess(second)
  t.notOk(denial(), 'a success of an earlier probe closes the circuit')
  circuit.recordFailure(down, third)
  t.notOk(denial())
})

t.test('the failure of an earlier probe does not reopen the circuit, the failure of the latest one does', async (t) => {
  const { circuit, clock, fail } = setUp()
  fail(5)
  clock.advance(0.5)
  const first = circuit.acquire()
  clock.advance(1)
  const second = circuit.acquire()
  circuit.recordFailure(down, first)
  t.notOk(circuit.isOpen)
  circuit.recordFailure(down, second)
  t.ok(circuit.isOpen)
})

t.test('a probe that is released leaves its place to the next one', async (t) => {
  const { circuit, clock, fail } = setUp()
  fail(5)
  clock.advance(0.5)
  circuit.release(circuit.acquire())
  const probe = circuit.acquire()
  t.throws(() => circuit.acquire())
  circuit.release({ generation: probe.generation })
  t.throws(() => circuit.acquire(), 'the release of another permit leaves no place')
})

t.test('results of requests that were sent before the circuit opened neither extend the open period nor reopen the circuit', async (t) => {
  const { circuit, clock, fail, denial } = setUp()
  const late = Array.from({ length: 20 }, () => circuit.acquire())
  fail(5)
  for (const permit of late.slice(0, 10)) circuit.recordFailure(down, permit)
  clock.advance(0.5)
  for (const permit of late.slice(10, 15)) circuit.recordFailure(down, permit)
  const probe = circuit.acquire()
  circuit.recordSuccess(probe)
  for (const permit of late.slice(15)) circuit.recordFailure(down, permit)
  circuit.recordFailure(rejected, late[0]!)
  t.notOk(denial(), 'after a successful probe')
})

t.test('a success of an earlier request closes the circuit, and the result of the probe is ignored', async (t) => {
  const { circuit, clock, fail, denial } = setUp()
  const slow = circuit.acquire()
  fail(5)
  clock.advance(0.5)
  const probe = circuit.acquire()
  circuit.recordSuccess(slow)
  t.notOk(denial())
  circuit.recordFailure(down, probe)
  t.notOk(denial())
  circuit.recordSuccess(probe)
  fail(5)
  clock.advance(0.5)
  const next = circuit.acquire()
  circuit.release(probe)
  t.throws(() => circuit.acquire(), 'a release of an old probe does not release the new one')
  circuit.recordFailure(down, next)
  t.equal(denial()!.headers['retry-after'], '1')
})

t.test('a request from the queue needs a new permit if the state has changed', async (t) => {
  const { circuit, clock, fail } = setUp()
  const waiting = circuit.acquire()
  t.equal(circuit.reacquire(waiting), waiting)
  fail(5)
  t.throws(() => circuit.reacquire(waiting), { code: 'FST_ZITADEL_UNAVAILABLE' })
  clock.advance(0.5)
  const probe = circuit.reacquire(waiting)
  t.throws(() => circuit.acquire(), 'it is the probe now')
  t.equal(circuit.reacquire(probe), probe)
})

t.test('rejected credentials open the circuit at once, for six seconds each', async (t) => {
  const { circuit, clock, fail, denial } = setUp()
  const late = circuit.acquire()
  fail(1, rejected)
  const error = denial()!
  t.same([error.code, error.statusCode, error.headers, (error.cause as Error).message], ['FST_ZITADEL_CLIENT_REJECTED', 500, {}, 'rejected'])
  clock.advance(5.999)
  t.ok(denial())
  clock.advance(0.001)
  fail(1, rejected)
  clock.advance(5.999)
  t.ok(denial())
  circuit.recordSuccess(late)
  t.notOk(denial(), 'a success of any request closes the circuit')
})

t.test('a wait that the server requests is kept, with any other responses meanwhile', async (t) => {
  const { circuit, clock, fail, denial } = setUp()
  const late: CircuitPermit[] = [circuit.acquire(), circuit.acquire(), circuit.acquire()]
  fail(1, limited(10_000))
  circuit.recordSuccess(late[0]!)
  t.equal(denial()!.headers['retry-after'], '10')
  circuit.recordFailure(limited(5000), late[1]!)
  t.equal(denial()!.headers['retry-after'], '10', 'the longest wait counts')
  circuit.recordFailure(limited(30_000), late[2]!)
  t.equal(denial()!.headers['retry-after'], '30')
  const asked = circuit.acquireAlways()
  clock.advance(29)
  t.equal(denial()!.headers['retry-after'], '1')
  circuit.recordSuccess(asked)
  t.notOk(denial(), 'a success of a request that was sent later closes the circuit')
})

t.test('failures that callers can cause neither open nor close the circuit', async (t) => {
  const { circuit, clock, fail, denial } = setUp()
  fail(100, causedByCaller)
  fail(100, odd)
  t.notOk(circuit.isOpen)
  fail(5)
  clock.advance(0.5)
  fail(1, causedByCaller)
  circuit.acquire()
  t.ok(denial(), 'the next request is the probe')
})

t.test('the failure of a request without a permit of the circuit changes nothing', async (t) => {
  const { circuit, clock, fail, denial } = setUp()
  fail(5)
  for (let time = 0; time < 5; time++) circuit.recordFailure(down, circuit.acquireAlways())
  clock.advance(0.5)
  t.notOk(denial())
})

t.test('with breaker: false no series opens the circuit, but a backoff does, and ends with the next result', async (t) => {
  const { circuit, clock, fail, denial } = setUp({ opensOnFailures: false })
  fail(100)
  t.notOk(circuit.isOpen)
  fail(1, rejected)
  t.ok(denial())
  clock.advance(6)
  fail(1)
  circuit.acquire()
  t.notOk(denial(), 'further requests are permitted')
})

t.test('the breaker reports each change of its state once', async (t) => {
  const clock = new ManualClock()
  const changes: boolean[] = []
  const circuit = new CircuitBreaker(true, clock, (isOpen) => { changes.push(isOpen) })
  circuit.recordSuccess(circuit.acquire())
  for (let time = 0; time < 5; time++) circuit.recordFailure(down, circuit.acquire())
  t.strictSame(changes, [true])
  clock.advance(0.5)
  circuit.recordFailure(down, circuit.acquire())
  t.strictSame(changes, [true], 'a probe that fails')
  clock.advance(1)
  circuit.recordSuccess(circuit.acquire())
  t.strictSame(changes, [true, false])
  circuit.recordSuccess(circuit.acquire())
  t.strictSame(changes, [true, false])
})

t.test('without the option breaker, a probe that fails after a backoff closes the circuit', async (t) => {
  const { circuit, clock, fail } = setUp({ opensOnFailures: false })
  const early = circuit.acquire()
  circuit.recordFailure(rejected, early)
  t.ok(circuit.isOpen)
  clock.advance(6)
  fail(1)
  t.notOk(circuit.isOpen)
})

t.test('with breaker: false, a failure does not hide that the credentials of a pending request are rejected', async (t) => {
  const { circuit } = setUp({ opensOnFailures: false })
  const [first, second] = [circuit.acquire(), circuit.acquire()]
  circuit.recordFailure(down, first)
  t.notOk(circuit.isOpen)
  circuit.recordFailure(rejected, second)
  t.ok(circuit.isOpen)
})
