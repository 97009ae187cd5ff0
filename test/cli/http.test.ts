import t from 'tap'
import { once } from 'node:events'
import type { IncomingHttpHeaders } from 'node:http'
import type { Socket } from 'node:net'
import { sendCall, type HttpCall } from '../../lib/cli/http.ts'
import { playServer } from '../fixtures/zitadel-server.ts'

t.test('a call has the headers that its body needs, and closes its connection', async (t) => {
  let seen: { method: string | undefined, headers: IncomingHttpHeaders, socket: Socket }
  let body = ''
  const origin = await playServer(t, (_path, _origin, request) => {
    seen = { method: request.method, headers: request.headers, socket: request.socket }
    return { body: 'received' }
  }, (text) => { body = text })
  for (const [call, method, type, sent] of [
    [{}, 'GET', undefined, ''],
    [{ method: 'POST', body: { a: 1 } }, 'POST', 'application/json', '{"a":1}'],
    [{ method: 'POST', body: new URLSearchParams({ a: 'b c' }) }, 'POST', 'application/x-www-form-urlencoded', 'a=b+c']
  ] as Array<[Partial<HttpCall>, string, string | undefined, string]>) {
    const { status, text } = await sendCall({ url: `${origin}/path?x=1`, ...call }, 2000)
    t.same([status, text], [200, 'received'])
    const { headers, socket } = seen!
    t.same([seen!.method, headers['content-type'], headers.accept, body], [method, type, 'application/json', sent])
    // Less than the time after which an idle connection is closed anyway.
    if (!socket.destroyed) await once(socket, 'close', { signal: AbortSignal.timeout(2000) })
  }
})

t.test('a stream of events is not read, with parameters of its type too', async (t) => {
  for (const type of ['text/event-stream', 'text/event-stream; charset=utf-8']) {
    const origin = await playServer(t, () => ({ headers: { 'content-type': type }, body: 'data: x\n\n' }))
    t.match(await sendCall({ url: origin }, 2000), { status: 200, text: '' })
  }
})
