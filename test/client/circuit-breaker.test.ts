import t from 'tap'
import { OutageError, ZitadelError, createClientRejectedError, createUnavailableError } from '../../lib/errors.ts'
import { CircuitBreaker, type CircuitFailure, type CircuitPermit } from '../../lib/client/circuit-breaker.ts'
import { ManualClock } from '../fixtures/clock.ts'

const down: CircuitFailure = { error: createUnavailableError(new OutageError('ZITADEL answered 503', 'check')) }
const provoked: CircuitFailure = { error: createUnavailableError(new OutageError('ZITADEL answered 403', 'check', true)) }
const odd: CircuitFailure = { error: createClientRejectedError('an odd 400') }
const refused: CircuitFailure = { error: createClientRejectedError('refused'), backoff: 6000 }
const limited = (backoff: number): CircuitFailure => ({ error: createUnavailableError(new OutageError('ZITADEL answered 429', 'check', true)), backoff })

interface World { clock: ManualClock, circuit: CircuitBreaker, fail: (times: number, failure?: CircuitFailure) => void, refusal: () => ZitadelError | undefined }

function world ({ breaks = true } = {}): World {
  const clock = new ManualClock()
  const circuit = new CircuitBreaker(breaks, clock)
  return {
    clock,
    circuit,
    fail: (times, failure = down) => { for (let time = 0; time < times; time++) circuit.recordFailure(failure, circuit.acquire()) },
    /** What a caller is told; undefined for one that is let out, and has told nothing. */
    refusal: () => {
      try {
        circuit.release(circuit.acquire())
        return undefined
      } catch (error) {
        return error as ZitadelError
      }
    }
  }
}

t.test('five failures in a row open it, four and a success do not', async (t) => {
  const { circuit, fail, refusal } = world()
  fail(4)
  circuit.recordSuccess(circuit.acquire())
  fail(4)
  t.notOk(circuit.isOpen)
  fail(1)
  t.ok(circuit.isOpen)
  const error = refusal()!
  t.same([error.code, error.statusCode, error.headers], ['FST_ZITADEL_UNAVAILABLE', 503, { 'retry-after': '1' }])
  t.equal(error.cause, down.error.cause)
})

t.test('it tells who opened it: the last of a series, and each probe that fails', async (t) => {
  const { circuit, clock } = world()
  const late = circuit.acquire()
  const fails = (failure = down, pass = circuit.acquire()): boolean => circuit.recordFailure(failure, pass)
  t.same([fails(), fails(provoked), fails(odd), fails(), fails(), fails(), fails()], [false, false, false, false, false, false, true])
  t.notOk(fails(down, late), 'not who was on his way')
  t.notOk(fails(refused, late), 'nor who brings a pause')
  clock.advance(0.5)
  t.ok(fails())
  const switchedOff = world({ breaks: false })
  for (let time = 0; time < 6; time++) t.notOk(switchedOff.circuit.recordFailure(down, switchedOff.circuit.acquire()))
})

t.test('each probe that fails doubles the break, up to five seconds, and a success starts anew', async (t) => {
  const { circuit, clock, fail, refusal } = world()
  fail(5)
  for (const [seconds, told] of [[0.5, '1'], [1, '1'], [2, '2'], [4, '4'], [5, '5'], [5, '5']] as const) {
    t.equal(refusal()!.headers['retry-after'], told)
    clock.advance(seconds - 0.001)
    t.ok(refusal())
    clock.advance(0.001)
    fail(1)
  }
  clock.advance(5)
  circuit.recordSuccess(circuit.acquire())
  fail(4)
  t.notOk(circuit.isOpen, 'failures are counted from none')
  fail(1)
  clock.advance(0.5)
  t.notOk(refusal(), 'and the first break is short again')
})

t.test('the wall clock has no say', async (t) => {
  const { clock, fail, refusal } = world()
  fail(5)
  clock.jump(3600)
  t.ok(refusal())
  clock.jump(-7200)
  clock.advance(0.5)
  t.notOk(refusal())
})

t.test('one probe at a time goes out to see, and its turn is nobody else’s', async (t) => {
  const { circuit, clock, fail } = world()
  fail(5)
  clock.advance(0.5)
  const probe = circuit.acquire()
  const { headers } = t.throws(() => circuit.acquire(), { code: 'FST_ZITADEL_UNAVAILABLE' }) as ZitadelError
  t.same(headers, { 'retry-after': '1' })
  clock.advance(60)
  t.throws(() => circuit.acquire(), 'however long it takes')
  circuit.recordSuccess(probe)
  circuit.recordSuccess(circuit.acquire())
  circuit.acquire()
})

t.test('a probe that never got its turn leaves it to the next', async (t) => {
  const { circuit, clock, fail } = world()
  fail(5)
  clock.advance(0.5)
  circuit.release(circuit.acquire())
  const probe = circuit.acquire()
  t.throws(() => circuit.acquire())
  circuit.release({ generation: probe.generation })
  t.throws(() => circuit.acquire(), 'what is no probe leaves no turn behind')
})

t.test('what was on its way when it opened neither lengthens the break nor opens it again', async (t) => {
  const { circuit, clock, fail, refusal } = world()
  const late = Array.from({ length: 20 }, () => circuit.acquire())
  fail(5)
  for (const pass of late.slice(0, 10)) circuit.recordFailure(down, pass)
  clock.advance(0.5)
  for (const pass of late.slice(10, 15)) circuit.recordFailure(down, pass)
  const probe = circuit.acquire()
  circuit.recordSuccess(probe)
  for (const pass of late.slice(15)) circuit.recordFailure(down, pass)
  circuit.recordFailure(refused, late[0]!)
  t.notOk(refusal(), 'nor after a probe has found that all is well')
})

t.test('an answer that was on its way closes it, and the probe that is out has no more to say', async (t) => {
  const { circuit, clock, fail, refusal } = world()
  const slow = circuit.acquire()
  fail(5)
  clock.advance(0.5)
  const probe = circuit.acquire()
  circuit.recordSuccess(slow)
  t.notOk(refusal())
  circuit.recordFailure(down, probe)
  t.notOk(refusal())
  circuit.recordSuccess(probe)
  fail(5)
  clock.advance(0.5)
  const next = circuit.acquire()
  circuit.release(probe)
  t.throws(() => circuit.acquire(), 'the turn of the next is its own')
  circuit.recordFailure(down, next)
  t.equal(refusal()!.headers['retry-after'], '1')
})

t.test('a question that has waited looks again', async (t) => {
  const { circuit, clock, fail } = world()
  const waiting = circuit.acquire()
  t.equal(circuit.reacquire(waiting), waiting)
  fail(5)
  t.throws(() => circuit.reacquire(waiting), { code: 'FST_ZITADEL_UNAVAILABLE' })
  clock.advance(0.5)
  const probe = circuit.reacquire(waiting)
  t.throws(() => circuit.acquire(), 'it has become the probe')
  t.equal(circuit.reacquire(probe), probe)
})

t.test('refused credentials pause at once, for six seconds each', async (t) => {
  const { circuit, clock, fail, refusal } = world()
  const late = circuit.acquire()
  fail(1, refused)
  const error = refusal()!
  t.same([error.code, error.statusCode, error.headers, (error.cause as Error).message], ['FST_ZITADEL_CLIENT_REJECTED', 500, {}, 'refused'])
  clock.advance(5.999)
  t.ok(refusal())
  clock.advance(0.001)
  fail(1, refused)
  clock.advance(5.999)
  t.ok(refusal())
  circuit.recordSuccess(late)
  t.notOk(refusal(), 'an answer to anybody says that they are accepted')
})

t.test('a server that asks to be left alone is, whatever else it answers meanwhile', async (t) => {
  const { circuit, clock, fail, refusal } = world()
  const late: CircuitPermit[] = [circuit.acquire(), circuit.acquire(), circuit.acquire()]
  fail(1, limited(10_000))
  circuit.recordSuccess(late[0]!)
  t.equal(refusal()!.headers['retry-after'], '10')
  circuit.recordFailure(limited(5000), late[1]!)
  t.equal(refusal()!.headers['retry-after'], '10', 'the longest pause counts')
  circuit.recordFailure(limited(30_000), late[2]!)
  t.equal(refusal()!.headers['retry-after'], '30')
  const asked = circuit.acquireAlways()
  clock.advance(29)
  t.equal(refusal()!.headers['retry-after'], '1')
  circuit.recordSuccess(asked)
  t.notOk(refusal(), 'an answer to what was asked since is another matter')
})

t.test('what strangers can bring about opens nothing, and closes nothing', async (t) => {
  const { circuit, clock, fail, refusal } = world()
  fail(100, provoked)
  fail(100, odd)
  t.notOk(circuit.isOpen)
  fail(5)
  clock.advance(0.5)
  fail(1, provoked)
  circuit.acquire()
  t.ok(refusal(), 'the next one is the probe')
})

t.test('a failure of what went out in spite of all changes nothing', async (t) => {
  const { circuit, clock, fail, refusal } = world()
  fail(5)
  for (let time = 0; time < 5; time++) circuit.recordFailure(down, circuit.acquireAlways())
  clock.advance(0.5)
  t.notOk(refusal())
})

t.test('switched off, no series opens it; a pause still does, and ends with whatever comes after it', async (t) => {
  const { circuit, clock, fail, refusal } = world({ breaks: false })
  fail(100)
  t.notOk(circuit.isOpen)
  fail(1, refused)
  t.ok(refusal())
  clock.advance(6)
  fail(1)
  circuit.acquire()
  t.notOk(refusal(), 'many may ask again')
})
