import t from 'tap'
import { Agent } from 'undici'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { json } from 'node:stream/consumers'
import { ConnectionPool } from '../../lib/client/connection-pool.ts'
import { Deadline } from '../../lib/client/deadline.ts'
import { startStandIn } from '../../lib/testing/index.ts'
import { basic, startConnectedApp, reason } from '../fixtures/test-app.ts'
import type { TestContext } from '../fixtures/guarded-app.ts'
import { Gate, startPeer, type PeerRequest, type Peer } from '../fixtures/peer.ts'

const cut = ({ request }: PeerRequest): undefined => { request.socket.resetAndDestroy() }

/** A peer that resets the first connection on which a second request arrives. */
async function startResetting (t: TestContext): Promise<Peer & { resets: () => number }> {
  const known = new Set<unknown>()
  let resets = 0
  const peer = await startPeer(t, (asked) => {
    const { socket } = asked.request
    if (known.has(socket) && resets++ === 0) return cut(asked)
    known.add(socket)
    return { active: true }
  })
  return { ...peer, resets: () => Math.min(resets, 1) }
}

t.test('a request on a connection that was just broken is sent once more on a new one', async (t) => {
  const peer = await startResetting(t)
  const { ask } = await startConnectedApp(t, { issuer: peer.origin, credentials: basic })
  for (let index = 0; index < 10; index++) t.equal(await ask(`${index}`), 'active')
  t.equal(peer.resets(), 1)
  t.equal(peer.asked.length, 11)
})

t.test('with retry: false, a broken connection is an outage', async (t) => {
  const peer = await startResetting(t)
  const { ask } = await startConnectedApp(t, { issuer: peer.origin, credentials: basic, retry: false })
  const answers: string[] = []
  for (let index = 0; index < 10; index++) answers.push(await ask(`${index}`))
  t.same(answers.filter((answer) => answer !== 'active'), ['FST_ZITADEL_UNAVAILABLE'])
  t.equal(peer.asked.length, 10)
})

t.test('a connection that ends without a response is replaced too', async (t) => {
  const peer = await startPeer(t, ({ index, request }) => {
    if (index > 0) return { active: true }
    request.socket.end()
    return undefined
  })
  const { ask } = await startConnectedApp(t, { issuer: peer.origin, credentials: basic })
  t.equal(await ask(), 'active')
  t.equal(peer.asked.length, 2)
})

t.test('a broken connection is replaced once', async (t) => {
  const peer = await startPeer(t, cut)
  const { failure } = await startConnectedApp(t, { issuer: peer.origin, credentials: basic })
  t.equal(reason(await failure()), 'no answer from ZITADEL (ECONNRESET)')
  t.equal(peer.asked.length, 2)
})

t.test('after a replacement, pending requests end on the old connections and further ones use new connections', async (t) => {
  const gates = [new Gate(), new Gate()]
  const peer = await startPeer(t, async ({ index }) => {
    if (index === 1 || index === 3) await gates[(index - 1) / 2]!.opened
    return {}
  })
  const connections = new ConnectionPool(peer.origin, 1, 1000)
  const options = { origin: peer.origin, path: '/', method: 'POST', headers: {}, body: '', headersTimeout: 0, bodyTimeout: 0, signal: new Deadline() } as const
  const request = async (): Promise<unknown> => await json((await connections.request(options)).body)
  const getSocket = (index: number): Socket => peer.asked[index]!.request.socket
  const waitForEnd = async (index: number): Promise<unknown> => getSocket(index).destroyed || await once(getSocket(index), 'close')

  await request()
  const slow = request()
  await peer.waitFor(2)
  connections.replace()
  t.same(await request(), {}, 'a further request does not wait for a pending one')
  t.equal(getSocket(1), getSocket(0))
  t.not(getSocket(2), getSocket(0))
  const slowToo = request()
  await peer.waitFor(4)
  let closed = false
  const closing = connections.close().then(() => { closed = true })
  gates[1]!.open()
  t.same(await slowToo, {})
  await waitForEnd(3)
  t.notOk(closed, 'close waits for the connections that were replaced earlier')
  gates[0]!.open()
  t.same(await slow, {})
  await closing
  await waitForEnd(0)
  await t.rejects(request(), 'a request after close is rejected')
})

t.test('a response that is not HTTP is an outage, without a retry', async (t) => {
  const peer = await startPeer(t, ({ request }) => { request.socket.end('SSH-2.0-OpenSSH_9.2\r\n') })
  const { failure } = await startConnectedApp(t, { issuer: peer.origin, credentials: basic })
  const why = reason(await failure())
  t.equal(why, 'the response is not HTTP')
  t.notMatch(why, /SSH/)
  t.equal(peer.asked.length, 1)
})

t.test('an error of a dispatcher without a code is not quoted', async (t) => {
  const dispatcher = { request: async () => { throw new Error('canary of the dispatcher') } } as never
  const { failure } = await startConnectedApp(t, { issuer: 'https://auth.acme.example', credentials: basic, dispatcher })
  t.equal(reason(await failure()), 'no answer from ZITADEL (the connection failed)')
})

t.test('connections are reused', async (t) => {
  const peer = await startPeer(t, () => ({ active: true }))
  const { ask } = await startConnectedApp(t, { issuer: peer.origin, credentials: basic })
  for (let index = 0; index < 20; index++) await ask(`${index}`)
  t.ok(new Set(peer.asked.map(({ request }) => request.socket)).size < 20)
})

t.test('at most 32 connections are opened', async (t) => {
  const peer = await startPeer(t, async () => {
    await new Promise((resolve) => setImmediate(resolve))
    return { active: true }
  })
  const { ask } = await startConnectedApp(t, { issuer: peer.origin, credentials: basic, timeout: 60_000 })
  await Promise.all(Array.from({ length: 500 }, async (_, index) => await ask(`${index}`)))
  t.ok(new Set(peer.asked.map(({ request }) => request.socket)).size <= 32)
})

t.test('the connections are closed with the server', async (t) => {
  const peer = await startPeer(t, () => ({ active: true }))
  const { ask, app } = await startConnectedApp(t, { issuer: peer.origin, credentials: basic })
  await ask()
  const { socket } = peer.asked[0]!.request
  const closed = once(socket, 'close')
  await app.close()
  await closed
  t.ok(socket.destroyed)
})

t.test('a dispatcher of the user gets an AbortSignal, which aborts after the timeout', async (t) => {
  let signal: AbortSignal | undefined
  const dispatcher = {
    request: async (options: { signal: AbortSignal }) => {
      signal = options.signal
      await once(signal, 'abort')
      throw signal.reason
    }
  } as never
  const { failure } = await startConnectedApp(t, { issuer: 'https://auth.acme.example', credentials: basic, dispatcher, timeout: 50 })
  t.equal(reason(await failure()), 'no answer from ZITADEL within 50 ms')
  t.ok(signal instanceof AbortSignal && signal.aborted)
})

t.test('an error that only a wrong dispatcher can throw is reported as a programming error', async (t) => {
  const dispatcher = { request: async () => { throw new TypeError('canary of the dispatcher') } } as never
  const { failure, lines } = await startConnectedApp(t, { issuer: 'https://auth.acme.example', credentials: basic, dispatcher })
  t.equal((await failure()).code, 'FST_ZITADEL_UNAVAILABLE')
  t.match(lines[0]!.msg, /could not be sent \(TypeError\): this is a programming error in the option "dispatcher"/)
  t.notMatch(lines[0]!.msg, /canary|check ZITADEL/)
})

t.test('a dispatcher of the user is used and not closed', async (t) => {
  const peer = await startPeer(t, () => ({ active: true }))
  const agent = new Agent()
  t.teardown(async () => await agent.destroy())
  const used: unknown[] = []
  const dispatcher: Pick<Agent, 'request'> = {
    request: ((options: { path: string }) => {
      used.push(options.path)
      return agent.request(options as never)
    }) as Agent['request']
  }
  for (let round = 1; round <= 2; round++) {
    const { ask, app } = await startConnectedApp(t, { issuer: peer.origin, credentials: basic, dispatcher })
    t.equal(await ask(), 'active')
    await app.close()
    t.equal(used.length, round)
  }
  t.notOk(agent.closed)
})

t.test('the request is the form of RFC 7662 section 2.1, with the secret of RFC 6749 section 2.3.1', async (t) => {
  const peer = await startPeer(t, () => ({ active: true }))
  const { ask } = await startConnectedApp(t, { issuer: peer.origin, credentials: { clientId: 'a:b', clientSecret: 'a b:&' }, introspectionEndpoint: '/custom/path' })
  await ask('a+b/c==')
  const { request: { method, url, headers }, form } = peer.asked[0]!
  t.same([method, url], ['POST', '/custom/path'])
  t.same([...form], [['token', 'a+b/c==']])
  t.match(headers, { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' })
  t.equal(Buffer.from(headers.authorization!.slice('Basic '.length), 'base64').toString(), 'a%3Ab:a+b%3A%26')
})

t.test('a client secret that ZITADEL accepts suffices, and a wrong one is sent once', async (t) => {
  const standIn = await startStandIn()
  t.teardown(() => standIn.close())
  const { clientId, clientSecret } = standIn.api
  const { ask } = await startConnectedApp(t, { issuer: standIn.issuer, credentials: { clientId, clientSecret } })
  t.equal(await ask(await standIn.issueToken()), 'active')
  const wrong = await startConnectedApp(t, { issuer: standIn.issuer, credentials: { clientId, clientSecret: 'wrong' } })
  t.equal(await wrong.ask(), 'FST_ZITADEL_CLIENT_REJECTED')
  t.equal(standIn.requests.length, 2, 'a wrong secret is sent once')
})

t.test('with an internal address, headers name the host of the issuer', async (t) => {
  const standIn = await startStandIn({ issuer: 'https://auth.acme.example', externalSecure: false })
  t.teardown(() => standIn.close())
  const { ask } = await startConnectedApp(t, { issuer: standIn.issuer, address: standIn.address, credentials: standIn.credentials })
  t.equal(await ask(await standIn.issueToken()), 'active')
  t.match(standIn.requests[0]!.headers, {
    host: new URL(standIn.address).host,
    'x-zitadel-instance-host': 'auth.acme.example',
    'x-forwarded-host': 'auth.acme.example',
    'x-forwarded-proto': 'https'
  })
})
