import t from 'tap'
import type { ServerResponse } from 'node:http'
import { setTimeout } from 'node:timers/promises'
import { basic, startConnectedApp, reason } from '../fixtures/test-app.ts'
import { send, startPeer } from '../fixtures/peer.ts'
import { anySignature, unverified } from '../fixtures/signer.ts'

const timeout = 500

/** Bytes again and again, each well within the time that is left. */
async function drip (response: ServerResponse, part: string): Promise<undefined> {
  while (!response.destroyed) {
    response.write(part)
    await setTimeout(timeout / 20)
  }
}

const SLOW: Record<string, (response: ServerResponse) => undefined | Promise<undefined>> = {
  'never answers': () => {},
  'stops after its headers': (response) => { response.writeHead(200).flushHeaders() },
  'stops in its headers': ({ socket }) => { socket!.write('HTTP/1.1 200 OK\r\nContent-Length: 15\r\nX-') },
  'stops in the body': (response) => { response.writeHead(200, { 'content-length': 15 }).write('{"active":') },
  'drips its body': async (response) => await drip(response.writeHead(200), ' '),
  'drips its headers': async (response) => {
    response.socket!.write('HTTP/1.1 200 OK\r\n')
    while (!response.destroyed) {
      response.socket!.write('X: y\r\n')
      await setTimeout(timeout / 20)
    }
  },
  'says again and again that it is at work': async (response) => {
    while (!response.destroyed) {
      response.writeProcessing()
      await setTimeout(timeout / 20)
    }
  },
  'drips an error': async (response) => await drip(response.writeHead(500), 'x')
}

// They wait for their time-outs side by side.
t.jobs = 4

for (const [what, answer] of Object.entries(SLOW)) {
  t.test(`a server that ${what} is given up in time`, { buffered: true }, async (t) => {
    const peer = await startPeer(t, async ({ response, index }) => index === 0 ? await answer(response) : { active: true })
    const { failure, ask } = await startConnectedApp(t, { issuer: peer.origin, credentials: basic, timeout })
    const error = await failure()
    t.equal(error.code, 'FST_ZITADEL_UNAVAILABLE')
    t.equal(reason(error), `no answer from ZITADEL within ${timeout} ms`)
    t.equal(await ask(), 'active', 'and the next one is asked on')
  })
}

t.test('an answer in several parts is whole, if all come in time', async (t) => {
  const peer = await startPeer(t, async ({ response }) => {
    for (const part of ['{"act', 'ive"', ':true,"sub":"', Buffer.from([0xc3]), Buffer.from([0xab]), '"}']) {
      response.write(part)
      await setTimeout(2)
    }
    response.end()
  })
  const { zitadel } = await startConnectedApp(t, { issuer: peer.origin, credentials: basic })
  t.equal((await zitadel.introspect('token'))!.sub, 'ë')
})

t.test('a signer that never answers is given up in time, and waited for by nobody afterwards', async (t) => {
  const peer = await startPeer(t, () => ({ active: true }))
  let signatures = 0
  const sign = async (data: Uint8Array): Promise<Uint8Array> => {
    if (++signatures === 1) await new Promise(() => {})
    return anySignature(data)
  }
  const { failure, ask } = await startConnectedApp(t, { issuer: peer.origin, credentials: { ...unverified, sign }, timeout })
  t.equal(reason(await failure()), `no answer from ZITADEL within ${timeout} ms`)
  t.equal(peer.asked.length, 0)
  t.equal(await ask(), 'active')
  t.equal(await ask('other'), 'active')
  t.equal(signatures, 2)
})

t.test('a second signature that never comes is given up in time too', async (t) => {
  const peer = await startPeer(t, ({ index, response }) => index === 0 ? { active: true } : send(response, 401, '{"error":"invalid_client"}'))
  let signatures = 0
  const sign = async (data: Uint8Array): Promise<Uint8Array> => {
    if (++signatures === 2) await new Promise(() => {})
    return anySignature(data)
  }
  const { ask, failure } = await startConnectedApp(t, { issuer: peer.origin, credentials: { ...unverified, sign }, timeout })
  t.equal(await ask('first'), 'active')
  t.equal(reason(await failure()), `no answer from ZITADEL within ${timeout} ms`)
  t.equal(peer.asked.length, 2)
})
