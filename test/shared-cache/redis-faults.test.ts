import t from 'tap'
import { EventEmitter, once } from 'node:events'
import { createClient } from 'redis'
import { ada, join, open, shareAgain, type Member } from '../fixtures/fleet.ts'
import { getFreePort, kinds, needsRedis, spawnRedis, startRedis } from '../fixtures/redis.ts'
import { startRedisProxy } from '../fixtures/redis-proxy.ts'
import { Gate } from '../fixtures/peer.ts'
import { ManualClock } from '../fixtures/clock.ts'

/** Asks for new tokens, one after the other. */
async function askMany (member: Member, name: string): Promise<void> {
  for (let index = 0; index < 50; index++) await member.ask(`${name} ${index}`)
}

for (const kind of kinds) {
  t.test(`${kind}: a frozen Redis is not used by requests after one deadline, is logged once, and is used again after it`, needsRedis, async (t) => {
    const { port, child } = await startRedis(t)
    const [member, other] = [await join(t, port, { kind, deadline: 50 }), await join(t, port)]
    child.kill('SIGSTOP')
    await askMany(member, 'frozen')
    t.equal(member.asked(), 50)
    t.equal(await member.cache.forget({ sub: 'bob' }), false)
    child.kill('SIGCONT')
    await shareAgain(member, other)
    const lines = member.logged.filter(({ reason }) => reason !== 'SENT')
    t.match(lines, [{ code: 'FST_ZITADEL_SHARED_COMMAND', reason: 'DEADLINE' }, { code: 'FST_ZITADEL_SHARED_FORGET' }])
    t.equal(lines.length, 2)
  })

  t.test(`${kind}: no request fails while Redis is restarted`, needsRedis, async (t) => {
    const { port, child } = await startRedis(t)
    const [member, other] = [await join(t, port, { kind }), await join(t, port)]
    child.kill('SIGKILL')
    await once(child, 'exit')
    await askMany(member, 'dead')
    t.equal(member.asked(), 50)
    t.ok(member.logged.length <= 3, 'each kind of failure is logged once')
    const again = spawnRedis(port)
    t.teardown(() => { again.kill('SIGKILL') })
    await shareAgain(member, other)
  })

  t.test(`${kind}: no request fails if Redis is killed before it replies`, needsRedis, async (t) => {
    const { port, child } = await startRedis(t)
    const member = await join(t, port, { kind })
    child.kill('SIGSTOP')
    const asking = Array.from({ length: 50 }, async (_, index) => await member.ask(`token ${index}`))
    child.kill('SIGKILL')
    t.equal((await Promise.all(asking)).length, 50)
    t.equal(member.asked(), 50)
  })

  t.test(`${kind}: with any reply of Redis, no response is wrong, and the reply is not in the log`, needsRedis, async (t) => {
    const { port } = await startRedis(t)
    const proxy = await startRedisProxy(t, port)
    const replies = [
      ':0\r\n', ':1\r\n', ':-7\r\n', '+OK\r\n', '+secret\r\n', '$-1\r\n', '$0\r\n\r\n', '$2\r\nOK\r\n', '$6\r\nsecret\r\n', '*-1\r\n', '*0\r\n',
      '*2\r\n$6\r\nsecret\r\n:1\r\n', `$1000000\r\n${'A'.repeat(1_000_000)}\r\n`, '-ERR secret\r\n', '-SECRET secret\r\n', '-READONLY secret\r\n',
      'secret\r\n', '\0', 'HTTP/1.1 200 OK\r\n\r\n', 'close'
    ]
    for (const reply of replies) {
      proxy.reply = undefined
      const member = await join(t, proxy.port, { kind, wait: 30, deadline: 100 })
      await member.ask('known')
      await member.settle()
      proxy.reply = reply
      for (const token of ['known', 'new', 'other']) t.same((await member.ask(token, { active: true, sub: 'asked' })).response.sub, 'asked', JSON.stringify(reply.slice(0, 20)))
      t.notMatch(JSON.stringify(member.logged), /secret/i)
      await member.cache.close()
    }
  })
}

t.test('requests send no more commands to a Redis that does not reply', needsRedis, async (t) => {
  const { port } = await startRedis(t)
  const proxy = await startRedisProxy(t, port)
  const member = await join(t, proxy.port, { deadline: 250, interval: 600_000 })
  await member.settle()
  proxy.reply = 'none'
  await member.ask('first')
  t.equal(proxy.commands, 2)
  await askMany(member, 'more')
  t.equal(proxy.commands, 2)
})

t.test('a wait for another process ends if Redis freezes', needsRedis, async (t) => {
  const { port, child } = await startRedis(t)
  const [first, second] = [await join(t, port), await join(t, port, { wait: 60_000, deadline: 50 })]
  const gate = new Gate()
  const asking = first.ask('token', gate.opened.then(() => ada))
  while (first.asked() === 0) await new Promise(setImmediate)
  const waiting = second.ask()
  await second.settle()
  child.kill('SIGSTOP')
  t.same((await waiting).response, ada)
  t.equal(second.asked(), 1)
  child.kill('SIGCONT')
  gate.open()
  await asking
})

for (const [state, reason, ...settings] of [
  ['read-only', 'READONLY', 'REPLICAOF', '127.0.0.1', '1'],
  ['full', 'OOM', 'CONFIG', 'SET', 'maxmemory', '1'],
  ['without its replicas', 'NOREPLICAS', 'CONFIG', 'SET', 'min-replicas-to-write', '1'],
  ['without a permission', 'NOPERM', 'ACL', 'SETUSER', 'default', '-getrange']
] as const) {
  t.test(`no request fails with a Redis that is ${state}, and it is logged once`, needsRedis, async (t) => {
    const { port, admin } = await startRedis(t)
    const member = await join(t, port)
    await admin(...settings)
    await askMany(member, state)
    t.equal(member.asked(), 50)
    t.match(member.logged, [{ code: 'FST_ZITADEL_SHARED_COMMAND', reason }])
    t.equal(member.logged.length, 1)
    t.match(member.logged[0]!.message, /go on without it/)
  })
}

t.test('a fault is logged again after a minute without it', needsRedis, async (t) => {
  const { port, admin } = await startRedis(t)
  const clock = new ManualClock()
  const member = await join(t, port, { clock })
  await admin('CONFIG', 'SET', 'maxmemory', '1')
  for (let minute = 0; minute < 3; minute++) {
    await member.ask(`token ${minute}`)
    clock.advance(60)
  }
  t.equal(member.logged.length, 1, 'not while it lasts')
  clock.advance(1)
  await member.ask('token')
  t.equal(member.logged.length, 2)
})

t.test('a client without a connection five seconds after the start is logged, and requests do not wait for it', async (t) => {
  const clock = new ManualClock()
  const member = await open(t, createClient({ socket: { host: '127.0.0.1', port: 1 } }), { clock })
  t.same((await member.ask()).response, ada)
  t.same(member.logged, [], 'it may be connecting')
  clock.advance(5)
  t.same((await member.ask()).response, ada)
  t.same(member.logged.map(({ reason }) => reason), ['NOT_CONNECTED'])
})

t.test('for any error of a client, only a stable word is in the log', async (t) => {
  const failures = [undefined, null, 'secret', 7, {}, { message: 7 }, new Error('secret'), new Error('READONLY secret'), { code: 'secret', message: '' }, { code: 'ECONNRESET' }, { code: 'UNDER_SCORED' }, { code: 'ECONNRESET secret' }, { code: 'secret ECONNRESET' }]
  const reasons: string[] = []
  for (const failure of failures) {
    const client = Object.assign(new EventEmitter(), {
      isReady: true,
      sendCommand: async () => {},
      duplicate: () => Object.assign(new EventEmitter(), { isReady: true, sendCommand: async () => { throw failure }, connect: async () => { throw failure }, disconnect: () => { throw failure } })
    })
    const member = await open(t, client)
    t.same((await member.ask()).response, ada)
    reasons.push(...member.logged.map(({ reason }) => reason!))
    await member.cache.close()
  }
  t.same(reasons, ['FAILED', 'FAILED', 'FAILED', 'FAILED', 'FAILED', 'FAILED', 'FAILED', 'READONLY', 'FAILED', 'ECONNRESET', 'UNDER_SCORED', 'FAILED', 'FAILED'])
})

t.test('a reply after the deadline changes nothing', async (t) => {
  const replies: Array<() => void> = []
  const late = async (): Promise<never> => await new Promise((_resolve, reject) => { replies.push(() => reject(new Error('late'))) })
  const client = Object.assign(new EventEmitter(), { isReady: true, sendCommand: late, duplicate: () => Object.assign(new EventEmitter(), { isReady: true, sendCommand: late, connect: late, disconnect: () => {} }) })
  const member = await open(t, client, { deadline: 5, interval: 600_000 })
  t.same((await member.ask()).response, ada)
  await new Promise((resolve) => setTimeout(resolve, 50))
  for (const reply of replies) reply()
  await new Promise(setImmediate)
  t.same(member.logged.map(({ reason }) => reason), ['DEADLINE'])
})

t.test('a command that was not sent for lack of a connection has no effect on later ones', needsRedis, async (t) => {
  const port = await getFreePort()
  const member = await open(t, createClient({ socket: { host: '127.0.0.1', port, reconnectStrategy: 20 } }), { interval: 600_000 })
  await member.ask('early')
  const child = spawnRedis(port)
  t.teardown(() => { child.kill('SIGKILL') })
  await shareAgain(member, await join(t, port, { kind: 'node-redis' }))
})
