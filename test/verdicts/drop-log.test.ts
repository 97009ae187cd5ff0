import t from 'tap'
import { createIntrospectedVerdict } from '../fixtures/verdict.ts'
import { DropLog, type DropEntry } from '../../lib/verdicts/drop-log.ts'

const verdicts = Object.fromEntries(['ada', 'bob'].map((sub) => [sub, createIntrospectedVerdict({ active: true, sub })]))
const entry = (at: number, kind: DropEntry['kind'] = 'forget'): DropEntry => ({ at, change: at, kind })
const find = (log: DropLog, sub: string): string | undefined => log.find(verdicts[sub]!, 'key', () => true)

t.test('what was done before a time is dropped, and what was done at this time or later is kept', async (t) => {
  const log = new DropLog()
  log.add({ sub: 'ada' }, entry(1))
  log.add({ sub: 'bob' }, entry(2))
  log.prune(2)
  t.same([find(log, 'ada'), find(log, 'bob')], [undefined, 'forget'])
})

t.test('an entry that is repeated keeps no older one from being dropped', async (t) => {
  const log = new DropLog()
  log.add({ sub: 'ada' }, entry(1))
  log.add({ sub: 'bob' }, entry(2))
  log.add({ sub: 'ada' }, entry(3))
  log.prune(3)
  t.same([find(log, 'ada'), find(log, 'bob')], ['forget', undefined])
})

t.test('a doubt within a forget changes nothing, and a forget within a doubt makes it a forget', async (t) => {
  const log = new DropLog()
  log.add({ sub: 'ada' }, entry(1))
  log.add({ sub: 'ada' }, entry(2, 'doubt'))
  log.add({ sub: 'bob' }, entry(3, 'doubt'))
  t.same([find(log, 'ada'), find(log, 'bob')], ['forget', 'doubt'])
  log.add({ sub: 'bob' }, entry(4))
  t.equal(find(log, 'bob'), 'forget')
})
