import t from 'tap'
import { hasMatchingHeaders, decodeNameHeader, parseMessages } from '../../lib/resource/mcp-message.ts'

const NAMED = { 'tools/call': 'name', 'prompts/get': 'name', 'resources/read': 'uri', 'tasks/get': 'taskId', 'tasks/update': 'taskId', 'tasks/cancel': 'taskId' }

t.test('the name of a message is the parameter of its method', async (t) => {
  for (const [method, parameter] of Object.entries(NAMED)) {
    const name = `a ${method}`
    t.strictSame(parseMessages({ method, params: { name: 'other', uri: 'other', taskId: 'other', [parameter]: name } }), [{ method, name, tool: method === 'tools/call' ? name : undefined }])
  }
  const nameless = [{ method: 'tools/list', params: { name: 'a', undefined: 'b' } }, { method: 'tools/call' }, { method: 'tools/call', params: null }, { method: 'tools/call', params: ['a'] }, { method: 'tools/call', params: { name: 7 } }]
  for (const entry of nameless) t.strictSame(parseMessages(entry), [{ method: entry.method, name: undefined, tool: undefined }])
  t.strictSame(parseMessages([{ id: 1, result: {} }, { method: undefined }]), Array(2).fill({ method: undefined, name: undefined, tool: undefined }))
  t.strictSame(parseMessages([5, null, {}, ['tools/call']].map((method) => ({ method, params: { name: 'a', undefined: 'b', null: 'c' } }))), Array(4).fill({ method: null, name: undefined, tool: undefined }))
})

t.test('a body of messages is a plain object or an array of them', async (t) => {
  t.strictSame(parseMessages([]), [])
  t.equal(parseMessages(Object.assign(Object.create(null), { method: 'ping' }))![0]!.method, 'ping')
  for (const body of [undefined, null, 'text', 5, Buffer.from('{}'), new Date(), new Map(), [{}, null], [[{}]], Object.create({ method: 'tools/call' })]) t.equal(parseMessages(body), undefined, String(body))
})

t.test('a header that repeats a part of the message must have its value', async (t) => {
  const [message] = parseMessages({ method: 'tools/call', params: { name: 'add' } })!
  for (const headers of [{}, { 'mcp-method': 'tools/call' }, { 'mcp-name': 'add' }, { 'mcp-method': 'tools/call', 'mcp-name': '=?base64?YWRk?=' }]) t.ok(hasMatchingHeaders(message!, headers))
  for (const headers of [{ 'mcp-method': 'tools/list' }, { 'mcp-method': '' }, { 'mcp-name': 'other' }, { 'mcp-name': '' }, { 'mcp-name': '=?base64?!?=' }, { 'mcp-name': ['add', 'add'] }]) t.notOk(hasMatchingHeaders(message!, headers as never))
  const [nameless] = parseMessages({ method: 'tools/call', params: {} })!
  t.notOk(hasMatchingHeaders(nameless!, { 'mcp-name': 'add' }))
  t.notOk(hasMatchingHeaders(nameless!, { 'mcp-name': '=?base64?!?=' }), 'a malformed header agrees with no message')
  const [list] = parseMessages({ method: 'tools/list' })!
  t.ok(hasMatchingHeaders(list!, { 'mcp-name': 'add' }), 'a method without a name has none to repeat')
})

t.test('the header Mcp-Name is plain or Base64 between its marks', async (t) => {
  t.equal(decodeNameHeader('=?base64?w6nDqA==?='), 'éè')
  t.equal(decodeNameHeader('=?base64??='), '')
  for (const plain of ['add', '=?base64?YWRk', 'YWRk?=', 'x=?base64?YWRk?=', '=?base64?YWRk?= ', '', 'abcdefghiYWRk?=']) t.equal(decodeNameHeader(plain), plain)
  for (const malformed of ['=?base64?YWR?=', '=?base64?YW Rk?=', '=?base64?YWRk=?=', '=?base64?_-_-?=']) t.equal(decodeNameHeader(malformed), undefined, malformed)
})
