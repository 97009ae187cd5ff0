import t, { type Test } from 'tap'
import { Redis as IoRedis } from 'ioredis'
import { Redis as IoValkey } from 'iovalkey'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { createClient } from 'redis'
import type { RedisLike } from '../../lib/options/shared-cache-options.ts'
import { ManualClock } from '../fixtures/clock.ts'
import { open, type LoggedLine, type Member } from '../fixtures/fleet.ts'
import { getFreePort, kinds, needsRedis, spawnRedis, startRedis, type Kind } from '../fixtures/redis.ts'

interface Address { readonly host?: string, readonly port: number, readonly username?: string, readonly password?: string }

/** A client that was not connected by its user. */
function createLazyClient (kind: Kind, { host = '127.0.0.1', port, ...user }: Address): RedisLike {
  if (kind === 'node-redis') return createClient({ ...user, socket: { host, port, reconnectStrategy: 20 } })
  const options = { host, port, ...user, lazyConnect: true, retryStrategy: () => 20 }
  return kind === 'ioredis' ? new IoRedis(options) : new IoValkey(options)
}

/** Resolves with both lines about a client that cannot connect: of a command, and of the subscription. */
async function getLines (t: Test, kind: Kind, address: Address): Promise<LoggedLine[]> {
  const clock = new ManualClock()
  const member = await open(t, createLazyClient(kind, address), { clock, interval: 20, silence: 300 })
  await member.ask('token')
  clock.advance(5)
  await member.ask('token')
  await findLine(member, 'CUT_OFF')
  return [await findLine(member, 'NOT_CONNECTED'), await findLine(member, 'CUT_OFF')]
}

async function findLine ({ logged }: Member, reason: string): Promise<LoggedLine> {
  for (;;) {
    const line = logged.find((each) => each.reason === reason)
    if (line !== undefined) return line
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

for (const kind of kinds) {
  t.test(`${kind}: the log says why there is no connection`, needsRedis, async (t) => {
    const { port, admin } = await startRedis(t)
    await admin('CONFIG', 'SET', 'requirepass', 'right')
    const closed = await getFreePort()
    const stranger = createServer((socket) => {
      socket.on('error', () => {})
      socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')
    }).listen(0, '127.0.0.1')
    t.teardown(() => stranger.close())
    await once(stranger, 'listening')
    const cases: Array<[name: string, address: Address, cause: string]> = [
      ['a wrong password', { port, password: 'canary' }, 'WRONGPASS'],
      ['a wrong user', { port, username: 'canary', password: 'canary' }, 'WRONGPASS'],
      ['no password', { port }, 'NOAUTH'],
      ['a port without a server', { port: closed }, 'ECONNREFUSED'],
      ['a port of another server', { port: (stranger.address() as AddressInfo).port }, 'INVALID_REPLY'],
      ['a wrong host', { host: 'canary.invalid', port }, 'ENOTFOUND|EAI_AGAIN']
    ]
    for (const [name, address, cause] of cases) {
      const lines = await getLines(t, kind, address)
      t.match(lines, [
        { code: 'FST_ZITADEL_SHARED_COMMAND', reason: 'NOT_CONNECTED', cause: new RegExp(`^(${cause})$`), message: new RegExp(`\\(Redis: NOT_CONNECTED, (${cause})\\)$`) },
        { code: 'FST_ZITADEL_SHARED_SUBSCRIPTION', reason: 'CUT_OFF', cause: new RegExp(`^(${cause})$`), message: new RegExp(`\\(Redis: (${cause})\\)$`) }
      ], name)
      t.notMatch(JSON.stringify(lines), /canary|username-password|getaddrinfo|Bad Request/, name)
    }
  })

  t.test(`${kind}: each cause has a line, and the cause of an earlier fault is in no later line`, needsRedis, async (t) => {
    const port = await getFreePort()
    const clock = new ManualClock()
    const member = await open(t, createLazyClient(kind, { port, password: 'wrong' }), { clock, interval: 20, silence: 300, wait: 0 })
    await member.ask('token')
    clock.advance(5)
    const askUntil = async (hasHappened: () => boolean): Promise<void> => {
      while (!hasHappened()) {
        await member.ask('token')
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
    }
    const causes = (): unknown[] => member.logged.filter(({ reason }) => reason === 'NOT_CONNECTED').map(({ cause }) => cause)
    await askUntil(() => causes().includes('ECONNREFUSED'))
    const server = spawnRedis(port, ['--requirepass', 'right'])
    t.teardown(() => { server.kill('SIGKILL') })
    await askUntil(() => causes().includes('WRONGPASS'))
    const admin = new IoRedis(port, '127.0.0.1', { password: 'right' })
    t.teardown(() => admin.disconnect())
    await admin.config('SET', 'requirepass', 'wrong')
    while (!member.cache.isHealthy) await new Promise((resolve) => setTimeout(resolve, 5))
    // It goes on, and does not reply: the connection is open.
    server.kill('SIGSTOP')
    await new Promise((resolve) => setTimeout(resolve, 10))
    const { length } = member.logged
    clock.advance(61)
    const findCutOff = (): LoggedLine | undefined => member.logged.slice(length).find(({ reason }) => reason === 'CUT_OFF')
    while (findCutOff() === undefined) await new Promise((resolve) => setTimeout(resolve, 5))
    t.notHas(findCutOff(), { cause: /./ })
    t.notMatch(findCutOff()!.message, 'Redis: ')
    t.equal(new Set(causes()).size, causes().length, 'one line for each')
  })
}
