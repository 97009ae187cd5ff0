import t from 'tap'
import type { ServerResponse } from 'node:http'
import { setTimeout } from 'node:timers/promises'
import { basic, startConnectedApp, reason } from '../fixtures/test-app.ts'
import { send, startPeer } from '../fixtures/peer.ts'
import { anySignature, unverified } from '../fixtures/signer.ts'

const timeout = 400

/** Writes bytes again and again, each well within the timeout. */
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
  'repeats 102 Processing': async (response) => {
    while (!response.destroyed) {
      response.writeProcessing()
      await setTimeout(timeout / 20)
    }
  },
  'drips an error': async (response) => await drip(response.writeHead(500), 'x')
}

// These tests wait for their timeouts at the same time.
t.test('if a server', { jobs: 4 }, async (t) => {
  for (const [what, answer] of Object.entries(SLOW)) {
    t.test(`${what}, the request ends with the timeout`, async (t) => {
      const peer = await startPeer(t, async ({ response, index }) => index === 0 ? await answer(response) : { active: true })
      const { failure, ask } = await startConnectedApp(t, { issuer: peer.origin, credentials: basic, timeout })
      const error = await failure()
      t.equal(error.code, 'FST_ZITADEL_UNAVAILABLE')
      t.equal(reason(error), `no answer from ZITADEL within ${timeout} ms`)
      t.equal(await ask(), 'active', 'the next request is sent')
    })
  }
})

t.test('a response in several parts is read as a whole, if all arrive in time', async (t) => {
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

t.test('a signer that never responds ends with the timeout, and later requests do not wait for it', async (t) => {
  const peer = await startPeer(t, () => ({ active: true }))
  let signatures = 0
  const sign = async (data: Uint8Array): Promise<Uint8Array> => {
    if (++signatures === 1) await new Promise(() => {})
    return anySignature(data)
  }
  const { failure, ask } = await startConnectedApp(t, { issuer: peer.origin, credentials: { ...unverified, sign }, timeout })
  t.equal(reason(await failure()), `the function "sign" gave no signature within ${timeout} ms`)
  t.equal(peer.asked.length, 0)
  t.equal(await ask(), 'active')
  t.equal(await ask('other'), 'active')
  t.equal(signatures, 2)
})

t.test('a second signature that never arrives ends with the timeout', async (t) => {
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
