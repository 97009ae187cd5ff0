import t from 'tap'
import { ada, join, shareAgain } from '../fixtures/fleet.ts'
import { kinds, needsRedis, startRedis } from '../fixtures/redis.ts'
import { startRedisProxy } from '../fixtures/redis-proxy.ts'

const MEBIBYTE = 1_048_576

/** The sockets of both sides hold some bytes that the client does not read. */
const MAX_SENT_BYTES = 16 * MEBIBYTE

/** Each allocates 256 MiB in a client that reads it. */
const ARRAYS = '*33554432\r\n'.repeat(1000)

async function breathe (): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 5))
}

for (const kind of kinds) {
  t.test(`${kind}: a reply that is too large closes the connection before it is buffered, and the next one is used again`, needsRedis, async (t) => {
    const { port } = await startRedis(t)
    const proxy = await startRedisProxy(t, port)
    const [member, other] = [await join(t, proxy.port, { kind }), await join(t, port)]
    const before = process.memoryUsage().heapUsed
    for (const [index, text] of ['$700000000\r\n', '+', ARRAYS, '*2\r\n$16\r\n'].entries()) {
      proxy.endless = text
      t.same((await member.ask(`token ${index}`)).response, ada, `ZITADEL is asked: ${JSON.stringify(text.slice(0, 20))}`)
      proxy.endless = undefined
      await shareAgain(member, other)
    }
    t.ok(proxy.sent < 4 * MAX_SENT_BYTES, `${proxy.sent} bytes sent`)
    t.ok(process.memoryUsage().heapUsed - before < 100 * MEBIBYTE)
    t.match(member.logged, [{ code: 'FST_ZITADEL_SHARED_COMMAND', reason: 'INVALID_REPLY' }])
    t.equal(member.logged.length, 1)
  })

  t.test(`${kind}: a message that is too large closes the connection before it is buffered, and the next one receives messages again`, needsRedis, async (t) => {
    const { port } = await startRedis(t)
    const proxy = await startRedisProxy(t, port)
    const [member, other] = [await join(t, proxy.port, { kind }), await join(t, port)]
    for (const [index, text] of ['*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$700000000\r\n', ARRAYS].entries()) {
      const gaps = (): number => member.received.filter((forgotten) => 'all' in forgotten).length
      const before = gaps()
      proxy.flood(text)
      await member.hears(() => gaps() > before)
      const sub = `user ${index}`
      while (!member.received.some((forgotten) => 'sub' in forgotten && forgotten.sub === sub)) {
        await other.cache.forget({ sub })
        await breathe()
      }
    }
    t.ok(proxy.sent < 2 * MAX_SENT_BYTES, `${proxy.sent} bytes sent`)
    const lines = member.logged.filter(({ reason }) => reason?.startsWith('INVALID'))
    t.match(lines, [{ code: 'FST_ZITADEL_SHARED_SUBSCRIPTION', reason: 'INVALID_MESSAGE' }])
    t.equal(lines.length, 1)
  })
}
