import t from 'tap'
import { setTimeout } from 'node:timers/promises'
import { OutageError, RejectionError, createClientRejectedError, createUnavailableError } from '../lib/failures.ts'
import { Reporter } from '../lib/reporter.ts'
import { ManualClock } from './fixtures/clock.ts'

interface World { clock: ManualClock, reporter: Reporter, lines: Array<[level: string, fields: object, message: string]> }

/** @param quiet milliseconds, real ones; by default more than a test lasts */
function world (quiet?: number): World {
  const clock = new ManualClock()
  const lines: World['lines'] = []
  const log = (level: string) => (fields: object, message: string): void => { lines.push([level, fields, message]) }
  return { clock, lines, reporter: new Reporter({ error: log('error'), warn: log('warn'), info: log('info') }, clock, quiet) }
}

t.test('a rejection of this API is an error, an outage is a warning with advice', async (t) => {
  const { reporter, lines } = world()
  reporter.reportFailure(createClientRejectedError(new RejectionError('observed: check this', 'path')))
  reporter.reportFailure(createUnavailableError(new OutageError('observed', 'check that')))
  t.same(lines, [
    ['error', { code: 'FST_ZITADEL_CLIENT_REJECTED' }, 'fastify-zitadel: observed: check this'],
    ['warn', { code: 'FST_ZITADEL_UNAVAILABLE' }, 'fastify-zitadel: observed: check that']
  ])
})

t.test('lines that differ only in a request id or in the reason of ZITADEL are the same line', async (t) => {
  const { reporter, lines } = world()
  for (const id of ['1', '2']) reporter.report('error', 'CODE', `rejected [x-request-id ${id}] [ZITADEL says: now is ${id}]: check this`)
  t.equal(lines.length, 1)
})

t.test('the same line is written once in ten seconds, and the next one has the count', async (t) => {
  const { clock, reporter, lines } = world()
  for (let time = 0; time < 1000; time++) reporter.report('warn', 'CODE', 'the same')
  clock.advance(9.999)
  clock.jump(3600)
  reporter.report('warn', 'CODE', 'the same')
  t.same(lines, [['warn', { code: 'CODE' }, 'fastify-zitadel: the same']])
  clock.advance(0.001)
  reporter.report('warn', 'CODE', 'the same')
  clock.advance(10)
  reporter.report('warn', 'CODE', 'the same')
  t.same(lines.slice(1).map(([, fields]) => fields), [{ code: 'CODE', repeated: 1000 }, { code: 'CODE' }])
})

t.test('another text or code is another line, another request id is not', async (t) => {
  const { reporter, lines } = world()
  reporter.report('warn', 'CODE', 'one [x-request-id 1]: check')
  reporter.report('warn', 'CODE', 'one [x-request-id 2]: check')
  reporter.report('warn', 'CODE', 'one: check that')
  reporter.report('warn', 'OTHER', 'one: check')
  t.same(lines.map(([, { code }, message]: [string, { code?: string }, string]) => `${code} ${message}`), [
    'CODE fastify-zitadel: one [x-request-id 1]: check',
    'CODE fastify-zitadel: one: check that',
    'OTHER fastify-zitadel: one: check'
  ])
})

t.test('the number of kept lines is bounded', async (t) => {
  const { reporter, lines } = world()
  reporter.report('warn', 'CODE', 'first')
  for (let index = 0; index < 99; index++) reporter.report('warn', 'CODE', `line ${index}`)
  reporter.report('warn', 'CODE', 'first')
  t.equal(lines.length, 100, 'a hundred kinds are distinguished')
  reporter.report('warn', 'CODE', 'one more')
  t.same(lines.slice(100), [
    ['warn', { code: 'CODE', repeated: 1 }, 'fastify-zitadel: first'],
    ['warn', { code: 'CODE' }, 'fastify-zitadel: one more']
  ], 'the count is logged before it is dropped')
  reporter.report('warn', 'CODE', 'first')
  t.same(lines.at(-1), ['warn', { code: 'CODE' }, 'fastify-zitadel: first'])
})

t.test('a line that occurs again does not end the throttle of others', async (t) => {
  const { clock, reporter, lines } = world()
  for (let index = 1; index < 100; index++) reporter.report('warn', 'CODE', `line ${index}`)
  clock.advance(9)
  reporter.report('warn', 'CODE', 'late')
  clock.advance(1)
  lines.length = 0
  for (const message of ['line 1', 'late', 'line 1']) reporter.report('warn', 'CODE', message)
  t.same(lines.map(([, , message]) => message), ['fastify-zitadel: line 1'])
})

t.test('a count is written once, although the line does not occur again', async (t) => {
  const { reporter, lines } = world(20)
  for (let time = 0; time < 7; time++) reporter.report('error', 'CODE', 'the same')
  reporter.report('warn', 'CODE', 'distinguished')
  t.equal(lines.length, 2)
  await setTimeout(100)
  t.same(lines.slice(2), [['error', { code: 'CODE', repeated: 6 }, 'fastify-zitadel: the same']])
  reporter.flush()
  t.equal(lines.length, 3, 'there is no count to log')
})

t.test('flush writes what was counted, once', async (t) => {
  const { reporter, lines } = world(20)
  for (let time = 0; time < 3; time++) reporter.report('warn', 'CODE', 'the same')
  reporter.flush()
  t.same(lines.slice(1), [['warn', { code: 'CODE', repeated: 2 }, 'fastify-zitadel: the same']])
  await setTimeout(100)
  t.equal(lines.length, 2)
})

t.test('what was counted is written before a line about the end of the trouble, not after it', async (t) => {
  const { clock, reporter, lines } = world(20)
  const fail = (): void => { for (const message of ['one', 'another']) for (let time = 0; time < 2; time++) reporter.report('warn', 'CODE', message) }
  const end = (): void => reporter.report('info', 'CODE', 'the end')
  const texts = (): unknown[] => lines.splice(0).map(([level, fields, message]) => [level, (fields as { repeated?: number }).repeated, message.slice('fastify-zitadel: '.length)])
  fail()
  end()
  t.same(texts(), [['warn', undefined, 'one'], ['warn', undefined, 'another'], ['warn', 1, 'one'], ['warn', 1, 'another'], ['info', undefined, 'the end']])
  fail()
  end()
  t.same(texts(), [], 'all of them are counted')
  clock.advance(0.02)
  end()
  t.same(texts(), [['warn', 2, 'one'], ['warn', 2, 'another'], ['info', 1, 'the end']])
  end()
  fail()
  reporter.flush()
  t.same(texts(), [['warn', 2, 'one'], ['warn', 2, 'another'], ['info', 1, 'the end']], 'when the server closes too')
  await setTimeout(100)
  t.same(lines, [])
})

t.test('a count that the next line contains is not written again', async (t) => {
  const { clock, reporter, lines } = world(20)
  for (let time = 0; time < 3; time++) reporter.report('warn', 'CODE', 'the same')
  clock.advance(0.02)
  reporter.report('warn', 'CODE', 'the same')
  await setTimeout(100)
  t.same(lines.map(([, fields]) => fields), [{ code: 'CODE' }, { code: 'CODE', repeated: 2 }])
})
