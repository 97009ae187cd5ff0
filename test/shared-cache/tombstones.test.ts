import t from 'tap'
import type { RedisCommands } from '../../lib/shared-cache/redis-commands.ts'
import { SharedKey } from '../../lib/shared-cache/shared-key.ts'
import { Tombstones } from '../../lib/shared-cache/tombstones.ts'
import { ManualClock } from '../fixtures/clock.ts'
import { identity } from '../fixtures/fleet.ts'

const KEYS = ['a', 'b'].map((character) => new SharedKey(character.repeat(32), identity))
const SESSION = 'V2_1'

interface World {
  readonly tombstones: Tombstones
  readonly clock: ManualClock
  readonly sent: string[][]
  reply: (command: string, name: string) => unknown
}

function create (keys: readonly SharedKey[] = KEYS.slice(0, 1)): World {
  const clock = new ManualClock()
  const sent: string[][] = []
  const send = async (...args: string[]): Promise<unknown> => {
    sent.push(args)
    return await world.reply(args[0]!, args[1]!)
  }
  const world: World = { tombstones: new Tombstones({ send, forceSend: send } as unknown as RedisCommands, keys, 'prefix', 29_999.5, clock), clock, sent, reply: () => 'OK' }
  return world
}

const createName = (kind: string, value: string, key = 0): string => `prefix:forgotten:${KEYS[key]!.name(kind, value)}`
const getFlagName = (key = 0): string => `prefix:any:${KEYS[key]!.name('any', '')}`

t.test('what is forgotten is stored under each name and each key, the flags last, for ttl and twice the difference of clocks', async (t) => {
  const { tombstones, clock, sent } = create(KEYS)
  const now = String(clock.wall())
  t.equal(await tombstones.put({ token: 'token', jti: 'jti', sub: undefined, session: undefined }), true)
  const names = [createName('token', 'token'), createName('jti', 'jti'), createName('token', 'token', 1), createName('jti', 'jti', 1), getFlagName(), getFlagName(1)]
  t.same(sent, names.map((name) => ['SET', name, now, 'PX', '40000']))
  sent.length = 0
  t.equal(await tombstones.put({ all: true }), true)
  t.same(sent.map(([, name]) => name), [createName('all', ''), createName('all', '', 1), getFlagName(), getFlagName(1)])
})

t.test('if a tombstone is not stored, this process uses no response that was requested before', async (t) => {
  for (const reply of [null, 'ok', new Error()]) {
    const world = create()
    world.reply = (_command, name) => {
      if (name !== createName('sub', 'ada')) return 'OK'
      if (reply instanceof Error) throw reply
      return reply
    }
    const now = world.clock.wall()
    t.equal(world.tombstones.canLackTombstone(now - 1_000_000), false)
    t.equal(await world.tombstones.put({ sub: 'ada' }), false)
    t.equal(world.tombstones.canLackTombstone(now + 5000), true)
    t.equal(world.tombstones.canLackTombstone(now + 5001), false)
    t.equal(await world.tombstones.hasTombstone({}, now, false), false, 'by the marks in Redis')
  }
})

t.test('a failure that is known late does not replace that of a later forget', async (t) => {
  const world = create()
  const failures: Array<() => void> = []
  world.reply = async () => await new Promise((_resolve, reject) => failures.push(() => reject(new Error())))
  const early = world.tombstones.put({ sub: 'ada' })
  const count = failures.length
  world.clock.advance(1)
  const late = world.tombstones.put({ sub: 'bob' })
  const now = world.clock.wall()
  for (const fail of failures.splice(count)) fail()
  await late
  for (const fail of failures) fail()
  await early
  t.equal(world.tombstones.canLackTombstone(now + 5000), true)
})

t.test('a flag says that there are tombstones: the flag under one key is enough, and any reply but 0 counts', async (t) => {
  for (const [replies, any] of [[[0, 0], false], [[0, 1], true], [[1, 0], true], [[null, 0], true], [['0', 0], true]] as const) {
    const world = create(KEYS)
    world.reply = (_command, name) => replies[name === getFlagName() ? 0 : 1]
    t.equal(await world.tombstones.hasAny(), any, JSON.stringify(replies))
    t.same(world.sent, [['EXISTS', getFlagName()], ['EXISTS', getFlagName(1)]])
  }
})

t.test('a response is compared with the tombstones of its token, user, jti and session (both names), and with that of all', async (t) => {
  const world = create()
  world.reply = () => ''
  t.equal(await world.tombstones.hasTombstone({ token: 'token', sub: 'ada', jti: `${SESSION}-at_2`, session: SESSION, sid: 'login' }, 1, true), false)
  const names = [createName('token', 'token'), createName('sub', 'ada'), createName('jti', `${SESSION}-at_2`), createName('session', SESSION), createName('session', 'login'), createName('all', '')]
  t.same(world.sent.toSorted(), names.map((name) => ['GETRANGE', name, '0', '13']).sort())
  for (const name of names) {
    world.reply = (_command, read) => read === name ? '1' : ''
    t.equal(await world.tombstones.hasTombstone({ token: 'token', sub: 'ada', jti: `${SESSION}-at_2`, session: SESSION, sid: 'login' }, 1, true), true)
  }
  world.sent.length = 0
  t.equal(await world.tombstones.hasTombstone({ sub: 'ada' }, 1, false), false)
  t.same(world.sent, [], 'nothing is read if there is none')
})

t.test('a tombstone counts until five seconds after it, and a value that is no time counts', async (t) => {
  const world = create()
  const at = 1_700_000_000_000
  world.reply = () => String(at)
  for (const [askedAt, counts] of [[at, true], [at + 5000, true], [at + 5001, false]] as const) t.equal(await world.tombstones.hasTombstone({ sub: 'ada' }, askedAt, true), counts)
  for (const value of [null, 0, '0', `${at}0`, `0${at}`, ` ${at}`.slice(0, 13), `${at}`.slice(0, 12), 'x'.repeat(13), undefined, at]) {
    world.reply = () => value
    t.equal(await world.tombstones.hasTombstone({ sub: 'ada' }, 2 * at, true), true, JSON.stringify(value))
  }
})
