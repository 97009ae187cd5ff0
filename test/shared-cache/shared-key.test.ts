import { createDecipheriv } from 'node:crypto'
import t, { type Test } from 'tap'
import { createSharedCache } from '../../lib/shared-cache/open-shared-cache.ts'
import { systemClock } from '../../lib/clock.ts'
import { SharedKey } from '../../lib/shared-cache/shared-key.ts'
import { AeadBox } from '../../lib/shared-cache/aead-box.ts'
import { ada, identity, join, type MemberOptions } from '../fixtures/fleet.ts'
import { connectClient, needsRedis, startRedis } from '../fixtures/redis.ts'

const [one, two] = ['1'.repeat(32), '2'.repeat(32)] as const

/** Whether the second uses a response of the first, and receives what the first forgets. */
async function share (t: Test, first: MemberOptions, second: MemberOptions): Promise<boolean> {
  const { port } = await startRedis(t)
  const [from, to] = [await join(t, port, first), await join(t, port, second)]
  await from.ask()
  await from.settle()
  await to.ask('token', { active: true, sub: 'asked' })
  await to.settle()
  const shared = to.asked() === 0
  t.equal(await from.cache.forget({ sub: 'nobody' }), true)
  await from.settle()
  const hasReceived = (): boolean => to.received.some((forgotten) => 'sub' in forgotten)
  await to.hears((forgotten) => 'all' in forgotten)
  if (shared) await to.hears((forgotten) => 'sub' in forgotten)
  t.equal(hasReceived(), shared)
  return shared
}

t.test('two APIs on one Redis never read each other\'s verdicts', needsRedis, async (t) => {
  t.equal(await share(t, {}, {}), true)
  t.equal(await share(t, {}, { as: { clientId: 'billing' } }), false)
  t.equal(await share(t, { key: one }, { key: one, as: { clientId: 'billing' } }), false, 'not even with one key')
  t.equal(await share(t, { key: one }, { key: one, as: { issuer: 'https://auth.other.example' } }), false)
  t.equal(await share(t, { prefix: 'a' }, { prefix: 'b' }), false)
})

t.test('the key is derived from the credentials of the API, or given', needsRedis, async (t) => {
  t.equal(await share(t, {}, { as: { secret: new Uint8Array(64) } }), false)
  t.equal(await share(t, { key: one }, { key: two }), false)
  t.equal(await share(t, { key: one }, { key: one, as: { secret: new Uint8Array(64) } }), true)
})

t.test('during a rotation the first key encrypts, and both decrypt', needsRedis, async (t) => {
  t.equal(await share(t, { key: one }, { key: [one, two] }), true)
  t.equal(await share(t, { key: one }, { key: [two, one] }), true)
  t.equal(await share(t, { key: [one, two] }, { key: one }), true)
  t.equal(await share(t, { key: [two, one] }, { key: [one, two] }), true)
  t.equal(await share(t, { key: [two, one] }, { key: two }), true)
})

t.test('during a rotation a forget applies under both keys', needsRedis, async (t) => {
  const { port } = await startRedis(t)
  const [old, both] = [await join(t, port, { key: one }), await join(t, port, { key: [two, one] })]
  await old.ask()
  t.equal(await both.cache.forget({ token: 'token' }), true)
  await old.hears((forgotten) => 'key' in forgotten)
  await old.ask()
  t.equal(old.asked(), 2)
  await both.ask('other', ada)
  await both.settle()
  t.equal(await old.cache.forget({ sub: ada['sub'] as string }), true)
  await both.ask('other', ada)
  t.equal(both.asked(), 2)
})

t.test('with an external signer a key must be given', needsRedis, async (t) => {
  const { port } = await startRedis(t)
  const client = await connectClient(t, port, 'ioredis')
  const open = (key?: string) => () => createSharedCache({ client, key, prefix: 'test', deadline: 25, wait: 0 }, { ...identity, secret: undefined }, { ttl: 30, staleIfError: 0 }, systemClock, { warn: () => {}, info: () => {} })
  t.throws(open(), { code: 'FST_ZITADEL_OPTION', message: /"cache\.shared\.key" is missing/ })
  const cache = open(one)()
  t.equal(await cache.forget({ sub: 'nobody' }), true)
  await cache.close()
})

t.test('a sealed text opens only with its key, in its context, for its API', async (t) => {
  const { issuer, clientId } = identity
  const key = new SharedKey(one, { issuer, clientId })
  const sealed = key.entry('token').box.seal('text')
  t.equal(key.entry('token').box.open(sealed), 'text')
  t.equal(new SharedKey(one, { issuer, clientId }).entry('token').box.open(sealed), 'text')
  t.equal(key.entry('other').box.open(sealed), undefined)
  t.equal(key.messages.open(sealed), undefined)
  t.equal(new SharedKey(two, { issuer, clientId }).entry('token').box.open(sealed), undefined)
  t.equal(new SharedKey(one, { issuer: 'https://other.example', clientId }).entry('token').box.open(sealed), undefined)
  t.equal(new SharedKey(one, { issuer, clientId: 'other' }).entry('token').box.open(sealed), undefined)
  t.not(new SharedKey(one, { issuer, clientId: 'other' }).entry('token').name, key.entry('token').name)
  t.not(new SharedKey(one, { issuer, clientId: 'other' }).channel, key.channel)
  t.not(key.entry('token').box.seal('text'), sealed, 'each time with another nonce')
})

t.test('a sealed text is bound to version, issuer, client and context', async (t) => {
  const secret = new Uint8Array(32)
  const { issuer, clientId } = identity
  const sealed = new AeadBox(secret, { issuer, clientId }, 'here').seal('text')
  t.equal(new AeadBox(secret, { issuer, clientId }, 'here').open(sealed), 'text')
  t.equal(new AeadBox(secret, { issuer, clientId }, 'there').open(sealed), undefined)
  t.equal(new AeadBox(secret, { issuer, clientId: 'other' }, 'here').open(sealed), undefined)
  t.equal(new AeadBox(secret, { issuer: 'https://other.example', clientId }, 'here').open(sealed), undefined)
  const bytes = Buffer.from(sealed, 'base64url')
  const decipher = createDecipheriv('aes-256-gcm', secret, bytes.subarray(0, 12)).setAuthTag(bytes.subarray(12, 28))
  decipher.setAAD(Buffer.from(JSON.stringify(['fastify-zitadel shared 1', issuer, clientId, 'here'])))
  t.equal(decipher.update(bytes.subarray(28), undefined, 'utf8') + decipher.final('utf8'), 'text')
})
