import t from 'tap'
import { sortRows } from '../../lib/guard/routes/route-table.ts'

t.test('rows are sorted by URL, method and constraints, from any order', async (t) => {
  const rows = [
    { method: 'GET', url: '/a', access: 'guarded' as const },
    { method: 'POST', url: '/a', access: 'guarded' as const },
    { method: 'GET', url: '/b', access: 'guarded' as const },
    { method: 'GET', url: '/b', constraints: { version: '1.0.0' }, access: 'guarded' as const },
    { method: 'GET', url: '/b', constraints: { version: '2.0.0' }, access: 'guarded' as const }
  ]
  const expected = JSON.stringify(sortRows(rows))
  t.equal(JSON.stringify(sortRows(rows.toReversed())), expected)
  t.equal(JSON.stringify(sortRows([rows[2]!, rows[4]!, rows[0]!, rows[3]!, rows[1]!])), expected)
  t.equal(sortRows(rows)[0]!.url, '/a')
})
