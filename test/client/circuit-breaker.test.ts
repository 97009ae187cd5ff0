import t from 'tap'
import { Outage, ZitadelError, clientRejected, unavailable } from '../../lib/errors.ts'
import { Circuit, type Failure, type Pass } from '../../lib/client/circuit-breaker.ts'
import { TurnableClock } from '../fixtures/clock.ts'

const down: Failure = { error: unavailable(new Outage('ZITADEL answered 503', 'check')) }
const provoked: Failure = { error: unavailable(new Outage('ZITADEL answered 403', 'check', true)) }
const odd: Failure = { error: clientRejected('an odd 400') }
const refused: Failure = { error: clientRejected('refused'), pause: 6000 }
const limited = (pause: number): Failure => ({ error: unavailable(new Outage('ZITADEL answered 429', 'check', true)), pause })

interface World { clock: TurnableClock, circuit: Circuit, fail: (times: number, failure?: Failure) => void, refusal: () => ZitadelError | undefined }

function world ({ breaks = true } = {}): World {
  const clock = new TurnableClock()
  const circuit = new Circuit(breaks, clock)
  return {
    clock,
    circuit,
    fail: (times, failure = down) => { for (let time = 0; time < times; time++) circuit.failed(failure, circuit.enter()) },
    /** What a caller is told; undefined for one that is let out, and has told nothing. */
    refusal: () => {
      try {
        circuit.left(circuit.enter())
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
  circuit.succeeded(circuit.enter())
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
  const late = circuit.enter()
  const fails = (failure = down, pass = circuit.enter()): boolean => circuit.failed(failure, pass)
  t.same([fails(), fails(provoked), fails(odd), fails(), fails(), fails(), fails()], [false, false, false, false, false, false, true])
  t.notOk(fails(down, late), 'not who was on his way')
  t.notOk(fails(refused, late), 'nor who brings a pause')
  clock.pass(0.5)
  t.ok(fails())
  const switchedOff = world({ breaks: false })
  for (let time = 0; time < 6; time++) t.notOk(switchedOff.circuit.failed(down, switchedOff.circuit.enter()))
})

t.test('each probe that fails doubles the break, up to five seconds, and a success starts anew', async (t) => {
  const { circuit, clock, fail, refusal } = world()
  fail(5)
  for (const [seconds, told] of [[0.5, '1'], [1, '1'], [2, '2'], [4, '4'], [5, '5'], [5, '5']] as const) {
    t.equal(refusal()!.headers['retry-after'], told)
    clock.pass(seconds - 0.001)
    t.ok(refusal())
    clock.pass(0.001)
    fail(1)
  }
  clock.pass(5)
  circuit.succeeded(circuit.enter())
  fail(4)
  t.notOk(circuit.isOpen, 'failures are counted from none')
  fail(1)
  clock.pass(0.5)
  t.notOk(refusal(), 'and the first break is short again')
})

t.test('the wall clock has no say', async (t) => {
  const { clock, fail, refusal } = world()
  fail(5)
  clock.jump(3600)
  t.ok(refusal())
  clock.jump(-7200)
  clock.pass(0.5)
  t.notOk(refusal())
})

t.test('one probe at a time goes out to see, and its turn is nobody else’s', async (t) => {
  const { circuit, clock, fail } = world()
  fail(5)
  clock.pass(0.5)
  const probe = circuit.enter()
  const { headers } = t.throws(() => circuit.enter(), { code: 'FST_ZITADEL_UNAVAILABLE' }) as ZitadelError
  t.same(headers, { 'retry-after': '1' })
  clock.pass(60)
  t.throws(() => circuit.enter(), 'however long it takes')
  circuit.succeeded(probe)
  circuit.succeeded(circuit.enter())
  circuit.enter()
})

t.test('a probe that never got its turn leaves it to the next', async (t) => {
  const { circuit, clock, fail } = world()
  fail(5)
  clock.pass(0.5)
  circuit.left(circuit.enter())
  const probe = circuit.enter()
  t.throws(() => circuit.enter())
  circuit.left({ era: probe.era })
  t.throws(() => circuit.enter(), 'what is no probe leaves no turn behind')
})

t.test('what was on its way when it opened neither lengthens the break nor opens it again', async (t) => {
  const { circuit, clock, fail, refusal } = world()
  const late = Array.from({ length: 20 }, () => circuit.enter())
  fail(5)
  for (const pass of late.slice(0, 10)) circuit.failed(down, pass)
  clock.pass(0.5)
  for (const pass of late.slice(10, 15)) circuit.failed(down, pass)
  const probe = circuit.enter()
  circuit.succeeded(probe)
  for (const pass of late.slice(15)) circuit.failed(down, pass)
  circuit.failed(refused, late[0]!)
  t.notOk(refusal(), 'nor after a probe has found that all is well')
})

t.test('an answer that was on its way closes it, and the probe that is out has no more to say', async (t) => {
  const { circuit, clock, fail, refusal } = world()
  const slow = circuit.enter()
  fail(5)
  clock.pass(0.5)
  const probe = circuit.enter()
  circuit.succeeded(slow)
  t.notOk(refusal())
  circuit.failed(down, probe)
  t.notOk(refusal())
  circuit.succeeded(probe)
  fail(5)
  clock.pass(0.5)
  const next = circuit.enter()
  circuit.left(probe)
  t.throws(() => circuit.enter(), 'the turn of the next is its own')
  circuit.failed(down, next)
  t.equal(refusal()!.headers['retry-after'], '1')
})

t.test('a question that has waited looks again', async (t) => {
  const { circuit, clock, fail } = world()
  const waiting = circuit.enter()
  t.equal(circuit.renew(waiting), waiting)
  fail(5)
  t.throws(() => circuit.renew(waiting), { code: 'FST_ZITADEL_UNAVAILABLE' })
  clock.pass(0.5)
  const probe = circuit.renew(waiting)
  t.throws(() => circuit.enter(), 'it has become the probe')
  t.equal(circuit.renew(probe), probe)
})

t.test('refused credentials pause at once, for six seconds each', async (t) => {
  const { circuit, clock, fail, refusal } = world()
  const late = circuit.enter()
  fail(1, refused)
  const error = refusal()!
  t.same([error.code, error.statusCode, error.headers, (error.cause as Error).message], ['FST_ZITADEL_CLIENT_REJECTED', 500, {}, 'refused'])
  clock.pass(5.999)
  t.ok(refusal())
  clock.pass(0.001)
  fail(1, refused)
  clock.pass(5.999)
  t.ok(refusal())
  circuit.succeeded(late)
  t.notOk(refusal(), 'an answer to anybody says that they are accepted')
})

t.test('a server that asks to be left alone is, whatever else it answers meanwhile', async (t) => {
  const { circuit, clock, fail, refusal } = world()
  const late: Pass[] = [circuit.enter(), circuit.enter(), circuit.enter()]
  fail(1, limited(10_000))
  circuit.succeeded(late[0]!)
  t.equal(refusal()!.headers['retry-after'], '10')
  circuit.failed(limited(5000), late[1]!)
  t.equal(refusal()!.headers['retry-after'], '10', 'the longest pause counts')
  circuit.failed(limited(30_000), late[2]!)
  t.equal(refusal()!.headers['retry-after'], '30')
  const asked = circuit.bypass()
  clock.pass(29)
  t.equal(refusal()!.headers['retry-after'], '1')
  circuit.succeeded(asked)
  t.notOk(refusal(), 'an answer to what was asked since is another matter')
})

t.test('what strangers can bring about opens nothing, and closes nothing', async (t) => {
  const { circuit, clock, fail, refusal } = world()
  fail(100, provoked)
  fail(100, odd)
  t.notOk(circuit.isOpen)
  fail(5)
  clock.pass(0.5)
  fail(1, provoked)
  circuit.enter()
  t.ok(refusal(), 'the next one is the probe')
})

t.test('a failure of what went out in spite of all changes nothing', async (t) => {
  const { circuit, clock, fail, refusal } = world()
  fail(5)
  for (let time = 0; time < 5; time++) circuit.failed(down, circuit.bypass())
  clock.pass(0.5)
  t.notOk(refusal())
})

t.test('switched off, no series opens it; a pause still does, and ends with whatever comes after it', async (t) => {
  const { circuit, clock, fail, refusal } = world({ breaks: false })
  fail(100)
  t.notOk(circuit.isOpen)
  fail(1, refused)
  t.ok(refusal())
  clock.pass(6)
  fail(1)
  circuit.enter()
  t.notOk(refusal(), 'many may ask again')
})
