import t from 'tap'
import { createPrivateKey, generateKeyPairSync, sign as signBytes, verify } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { promisify } from 'node:util'
import { AssertionProvider } from '../../lib/client/assertion-provider.ts'
import { Deadline } from '../../lib/client/deadline.ts'
import { systemClock } from '../../lib/clock.ts'
import { startStandIn } from '../../lib/testing/index.ts'
import { startConnectedApp, reason } from '../fixtures/test-app.ts'
import { Gate, send, startPeer } from '../fixtures/peer.ts'
import { countedSigner, rs256, unverified } from '../fixtures/signer.ts'

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })

t.test('an external signer works like a key in the process (RS256)', async (t) => {
  const standIn = await startStandIn()
  t.teardown(() => standIn.close())
  const { credentials } = countedSigner(standIn.api.key)
  const { ask } = await startConnectedApp(t, { issuer: standIn.issuer, credentials })
  t.equal(await ask(await standIn.issueToken()), 'active')
})

t.test('a signer can return a Buffer or any Uint8Array, or a promise of it', async (t) => {
  const standIn = await startStandIn()
  t.teardown(() => standIn.close())
  const { clientId, keyId, key } = standIn.api.key
  const privateKey = createPrivateKey(key)
  const signers = [
    (data: Uint8Array) => rs256(privateKey, data),
    (data: Uint8Array) => new Uint8Array(rs256(privateKey, data)),
    async (data: Uint8Array) => await promisify(signBytes)('sha256', data, privateKey)
  ]
  for (const sign of signers) {
    const { ask } = await startConnectedApp(t, { issuer: standIn.issuer, credentials: { clientId, keyId, alg: 'RS256', sign } })
    t.equal(await ask(await standIn.issueToken()), 'active')
  }
})

t.test('RFC 7518 section 3.4: an ES256 signature is r and s in 64 bytes', async (t) => {
  const peer = await startPeer(t, ({ form, response }) => {
    const [header, claims, signature] = form.get('client_assertion')!.split('.')
    const good = verify('sha256', Buffer.from(`${header}.${claims}`), { key: ec.publicKey, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature!, 'base64url'))
    t.same(JSON.parse(Buffer.from(header!, 'base64url').toString()), { alg: 'ES256', kid: '1', typ: 'JWT' })
    return good ? { active: true } : send(response, 400, '{"error":"unauthorized_client"}')
  })
  const sign = (data: Uint8Array): Uint8Array => signBytes('sha256', data, { key: ec.privateKey, dsaEncoding: 'ieee-p1363' })
  const { ask } = await startConnectedApp(t, { issuer: peer.origin, credentials: { ...unverified, alg: 'ES256', sign } })
  t.equal(await ask(), 'active')
})

const NO_SIGNATURE = 'the function "sign" must give the signature as bytes'
const BROKEN = 'the function "sign" threw'
const CANARY = 'canary of the signer'

const WRONG: Record<string, [alg: 'RS256' | 'ES256', sign: (data: Uint8Array) => unknown, why: string]> = {
  'DER where r and s are wanted': ['ES256', (data) => signBytes('sha256', data, ec.privateKey), 'the function "sign" must give the 64 bytes of r and s for ES256'],
  'no bytes': ['RS256', () => new Uint8Array(), NO_SIGNATURE],
  undefined: ['RS256', () => undefined, NO_SIGNATURE],
  null: ['RS256', () => null, NO_SIGNATURE],
  'base64 of a signature': ['RS256', () => CANARY, NO_SIGNATURE],
  'an array of numbers': ['RS256', () => [1, 2, 3], NO_SIGNATURE],
  'an ArrayBuffer': ['RS256', () => new ArrayBuffer(256), NO_SIGNATURE],
  'an answer of a KMS as it is': ['RS256', () => ({ Signature: new Uint8Array(256), KeyId: CANARY }), NO_SIGNATURE],
  'an exception': ['RS256', () => { throw new Error(CANARY) }, BROKEN],
  'an exception without a prototype': ['RS256', () => { throw Object.assign(Object.create(null), { message: CANARY }) }, BROKEN],
  'an exception that is a string': ['RS256', () => { throw CANARY }, BROKEN],
  'an exception that is nothing': ['RS256', () => { throw undefined }, BROKEN], // eslint-disable-line no-throw-literal
  'an exception with a text as its code': ['RS256', () => { throw Object.assign(new Error(CANARY), { code: CANARY }) }, BROKEN],
  'an exception with a number as its code': ['RS256', () => { throw Object.assign(new Error(CANARY), { code: 7 }) }, BROKEN],
  'an exception with a code of the system': ['RS256', () => { throw Object.assign(new Error(CANARY), { code: 'ETIMEDOUT' }) }, BROKEN],
  'a promise that fails': ['RS256', async () => { throw new Error(CANARY) }, BROKEN]
}

for (const [what, [alg, wrong, why]] of Object.entries(WRONG)) {
  t.test(`a signer that returns ${what} is an outage, and is called again for the next request`, async (t) => {
    const peer = await startPeer(t, () => ({ active: true }))
    let calls = 0
    const sign = (data: Uint8Array): Uint8Array => calls++ === 0 ? wrong(data) as Uint8Array : new Uint8Array(64)
    const { failure, ask, errors } = await startConnectedApp(t, { issuer: peer.origin, credentials: { ...unverified, alg, sign } })
    const error = await failure()
    t.same([error.code, error.statusCode], ['FST_ZITADEL_UNAVAILABLE', 503])
    t.equal(reason(error), why)
    t.notMatch(`${error.stack}${(error.cause as Error).stack}${errors.join('')}`, CANARY)
    t.equal(peer.asked.length, 0, 'nothing has left')
    t.equal(await ask(), 'active')
  })
}

t.test('changes of the bytes by a signer have no effect', async (t) => {
  const standIn = await startStandIn()
  t.teardown(() => standIn.close())
  const { credentials } = countedSigner(standIn.api.key)
  const sign = async (data: Uint8Array): Promise<Uint8Array> => {
    const signature = await credentials.sign(data)
    data.fill(0)
    return signature
  }
  const { ask } = await startConnectedApp(t, { issuer: standIn.issuer, credentials: { ...credentials, sign } })
  t.equal(await ask(await standIn.issueToken()), 'active')
})

t.test('while a signature is pending, later requests wait for it, also after an earlier call of the signer has failed too late', async (t) => {
  const [failure, signature] = [new Gate(), new Gate()]
  let calls = 0
  const sign = async (): Promise<Uint8Array> => {
    if (calls++ > 0) return await signature.opened.then(() => new Uint8Array(64))
    await failure.opened
    throw new Error('too late')
  }
  const provider = new AssertionProvider({ ...unverified, sign }, 'https://auth.acme.example', systemClock)
  const deadline = new Deadline()
  const timedOut = provider.get(deadline) as Promise<unknown>
  deadline.abort()
  const second = provider.get(new Deadline())
  failure.open()
  await t.rejects(timedOut)
  await setImmediate()
  const third = provider.get(new Deadline())
  signature.open()
  t.equal(await third, await second)
  t.equal(calls, 2)
})
