import t from 'tap'
import { ada, open } from '../fixtures/fleet.ts'
import { connectClient, createLeastUser, kinds, leastUser, listDenied, needsRedis, startRedis } from '../fixtures/redis.ts'
import { Gate } from '../fixtures/peer.ts'

const sub = ada['sub'] as string
const isGap = (target: object): boolean => 'all' in target

for (const kind of kinds) {
  t.test(`${kind}: everything works with the permissions that the documents name`, needsRedis, async (t) => {
    const { port, admin } = await startRedis(t)
    await admin(...createLeastUser('+info'))
    const join = async (): Promise<Awaited<ReturnType<typeof open>>> => {
      const member = await open(t, await connectClient(t, port, kind, true, leastUser), { wait: 60_000 })
      await member.hears(isGap)
      return member
    }
    const [first, second] = [await join(), await join()]
    const gate = new Gate()
    const asking = first.ask('token', gate.opened.then(() => ada))
    while (first.asked() === 0) await new Promise(setImmediate)
    const waiting = second.ask()
    gate.open()
    t.same([(await asking).response, (await waiting).response, second.asked()], [ada, ada, 0])
    t.equal(await first.cache.forget({ token: 'token' }), true)
    await second.hears((target) => 'key' in target)
    t.same((await second.ask('token', { active: false })).response, { active: false })
    t.same(first.logged.concat(second.logged), [])
    t.same(await listDenied(admin), [])
  })
}

for (const command of ['getrange', 'set', 'exists', 'del', 'publish', 'subscribe']) {
  t.test(`without the permission for ${command}, the log names it`, needsRedis, async (t) => {
    const { port, admin } = await startRedis(t)
    await admin(...createLeastUser('+info', `-${command}`))
    const member = await open(t, await connectClient(t, port, 'ioredis', true, leastUser), { wait: 20 })
    t.same((await member.ask()).response, ada)
    await member.cache.forget({ sub })
    const wanted = { code: 'FST_ZITADEL_SHARED_COMMAND', reason: 'NOPERM', command: command.toUpperCase() }
    const find = (): object | undefined => member.logged.find(({ code, reason, command: denied }) => code === wanted.code && reason === wanted.reason && denied === wanted.command)
    while (find() === undefined) await new Promise((resolve) => setTimeout(resolve, 5))
    t.match(find(), { message: new RegExp(`does not permit the command ${command.toUpperCase()}`) })
    t.same(new Set(member.logged.filter(({ reason }) => reason === 'NOPERM').map((line) => line.command)), new Set([command.toUpperCase()]))
  })
}

t.test('without the permission for keys or channels, the log names the commands', needsRedis, async (t) => {
  const { port, admin } = await startRedis(t)
  for (const [lost, commands] of [['resetkeys', ['GETRANGE', 'EXISTS', 'SET']], ['resetchannels', ['PUBLISH', 'SUBSCRIBE']]] as const) {
    await admin(...createLeastUser('+info', lost))
    const member = await open(t, await connectClient(t, port, 'ioredis', true, leastUser), { wait: 20 })
    await member.ask()
    await member.cache.forget({ sub })
    const isNamed = (command: string): boolean => member.logged.some((line) => line.reason === 'NOPERM' && line.command === command)
    while (!commands.every(isNamed)) await new Promise((resolve) => setTimeout(resolve, 5))
    t.pass(lost)
    await member.cache.close()
  }
})
