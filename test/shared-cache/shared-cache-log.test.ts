import t from 'tap'
import { SharedCacheLog } from '../../lib/shared-cache/shared-cache-log.ts'
import { ManualClock } from '../fixtures/clock.ts'

t.test('a kind of fault is logged once, and again after a minute without it', async (t) => {
  const clock = new ManualClock()
  const lines: unknown[][] = []
  const write = (level: string) => (...args: unknown[]): void => { lines.push([level, ...args]) }
  const log = new SharedCacheLog({ warn: write('warn'), info: write('info') }, clock)
  const code = 'FST_ZITADEL_SHARED_COMMAND'
  const count = (): number => lines.splice(0).length
  log.warn(code, 'text', { reason: 'ERR', command: 'SET' })
  t.same(lines.splice(0), [['warn', { code, reason: 'ERR', command: 'SET' }, 'fastify-zitadel: text']])
  log.warn(code, 'text', { reason: 'ERR', command: 'DEL' })
  t.equal(count(), 0)
  log.warn(code, 'text', { reason: 'ERR' }, 'a kind of its own')
  log.warn(code, 'text', { reason: 'OOM' })
  log.warn('FST_ZITADEL_SHARED_LEASE', 'text', { reason: 'ERR' })
  log.warn(code, 'text')
  t.equal(count(), 4)
  log.warn(code, 'text', {}, '')
  t.equal(count(), 0, 'no reason is a kind too')
  clock.advance(60)
  log.warn(code, 'text', { reason: 'ERR' })
  clock.advance(60)
  log.warn(code, 'text', { reason: 'ERR' })
  t.equal(count(), 0, 'it lasts')
  clock.advance(60.001)
  log.warn(code, 'text', { reason: 'ERR' })
  t.equal(count(), 1)
})

t.test('the end of a fault is logged once, and its return has a line, three seconds later at the earliest', async (t) => {
  const clock = new ManualClock()
  const lines: unknown[][] = []
  const write = (level: string) => (...args: unknown[]): void => { lines.push([level, ...args]) }
  const log = new SharedCacheLog({ warn: write('warn'), info: write('info') }, clock)
  const code = 'FST_ZITADEL_SHARED_SUBSCRIPTION'
  const begin = (): void => log.warn(code, 'begin', { reason: 'CUT_OFF' })
  const end = (): void => log.end(code, 'CUT_OFF', 'end', { count: 1 })
  const messages = (): unknown[] => lines.splice(0).map(([, , message]) => message)
  end()
  log.warn(code, 'another', { reason: 'NOT_DELIVERED' })
  end()
  t.same(messages(), ['fastify-zitadel: another'], 'there is no end without a beginning')
  begin()
  t.same(messages(), ['fastify-zitadel: begin'])
  end()
  t.same(lines.splice(0), [['info', { code, count: 1 }, 'fastify-zitadel: end']])
  end()
  clock.advance(3)
  for (let time = 0; time < 100; time++) {
    begin()
    end()
  }
  t.same(messages(), [], 'neither its beginning nor its end')
  begin()
  clock.advance(0.001)
  begin()
  begin()
  end()
  t.same(messages(), ['fastify-zitadel: begin', 'fastify-zitadel: end'], 'it lasts')
})
