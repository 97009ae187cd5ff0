import t from 'tap'
import { SharedEntry } from '../../lib/shared-cache/entry.ts'
import { SharedKey } from '../../lib/shared-cache/shared-key.ts'
import { Tombstones } from '../../lib/shared-cache/tombstones.ts'
import { ManualClock } from '../fixtures/clock.ts'
import { ada, identity } from '../fixtures/fleet.ts'
import { createMemoryCommands, type MemoryCommands } from '../fixtures/memory-commands.ts'

const KEYS = ['a', 'b'].map((character) => new SharedKey(character.repeat(32), identity))

interface World extends MemoryCommands {
  readonly clock: ManualClock
  readonly tombstones: Tombstones
  readonly create: (token?: string, keys?: readonly SharedKey[]) => SharedEntry
}

function createWorld (isCluster = false, ttl = 30_000): World {
  const clock = new ManualClock()
  const memory = createMemoryCommands(clock, isCluster)
  const tombstones = new Tombstones(memory.commands, KEYS, 'prefix', ttl, clock)
  const create = (token = 'token', keys: readonly SharedKey[] = KEYS): SharedEntry => new SharedEntry({ commands: memory.commands, tombstones, keys, prefix: 'prefix', ttl, lifetime: ttl, clock }, token)
  return Object.assign(memory, { clock, tombstones, create })
}

const names = KEYS.map((key) => key.entry('token').name)
const settle = async (): Promise<void> => await new Promise(setImmediate)

t.test('the names of an entry and its lease follow from the key and the token, in one slot of a cluster', async (t) => {
  for (const [isCluster, name] of [[false, names[0]!], [true, `{${names[0]!}}`]] as const) {
    const entry = createWorld(isCluster).create()
    t.equal(entry.leaseKey, `prefix:entry:${name}:claim`)
    t.equal(entry.waitingKey, `prefix:entry:${name}:waiting`)
  }
})

t.test('a response is stored under the first key and read under every key', async (t) => {
  const { create, clock, sent } = createWorld()
  const askedAt = clock.monotonic()
  create('token', [KEYS[1]!]).store({ response: ada, askedAt })
  t.same(sent.map(([command, name, , unit, ttl]) => [command, name, unit, ttl]), [['SET', `prefix:entry:${names[1]!}`, 'PX', '30000']])
  sent.length = 0
  t.same(await create().load(Infinity), { response: ada, askedAt: askedAt - 5000 })
  t.same(sent.filter(([command]) => command === 'GETRANGE'), names.map((name) => ['GETRANGE', `prefix:entry:${name}`, '0', '65536']))
  t.equal(await create('another').load(Infinity), undefined)
  t.equal(await create('token', [KEYS[0]!]).load(Infinity), undefined)
})

t.test('a response is read up to its age, and up to ttl', async (t) => {
  const { create, clock } = createWorld()
  create().store({ response: ada, askedAt: clock.monotonic() })
  clock.advance(10)
  t.equal(await create().load(10_000), undefined)
  t.match(await create().load(10_001), { response: ada })
  clock.advance(19.999)
  t.match(await create().load(Infinity), { response: ada })
  const short = createWorld(false, 10_000)
  short.create().store({ response: ada, askedAt: short.clock.monotonic() })
  for (const [name, { value }] of short.values) short.values.set(name, { value, until: Infinity })
  short.clock.advance(10)
  t.equal(await short.create().load(Infinity), undefined, 'also if Redis keeps it')
})

t.test('a response is stored for what is left of ttl and of the token', async (t) => {
  for (const [age, expiry, ttl] of [[1, undefined, 29_000], [0, 20, 20_000], [10, 25, 20_000], [0, 100, 30_000]] as const) {
    const { create, clock, sent } = createWorld()
    clock.jump(-(clock.wall() % 1000) / 1000)
    const response = { ...ada, ...expiry !== undefined && { exp: clock.seconds + expiry } }
    create().store({ response, askedAt: clock.monotonic() - age * 1000 + 0.5 })
    t.equal(Math.abs(Number(sent[0]!.at(-1)) - ttl) <= 1, true, `${sent[0]!.at(-1)!} of ${ttl}`)
    t.match(sent[0]!.at(-1), /^\d+$/)
  }
  for (const [age, exp] of [[30, undefined], [31, undefined], [0, 0]] as const) {
    const { create, clock, sent } = createWorld()
    create().store({ response: { ...ada, ...exp !== undefined && { exp: clock.seconds + exp } }, askedAt: clock.monotonic() - age * 1000 })
    t.same(sent, [], 'nothing is left')
  }
})

t.test('an inactive response deletes the entry under every key', async (t) => {
  const { create, clock, sent } = createWorld()
  create().store({ response: { active: false }, askedAt: clock.monotonic() })
  t.same(sent, names.map((name) => ['DEL', `prefix:entry:${name}`]))
})

t.test('an entry has 65,536 characters at most', async (t) => {
  const { create, clock, sent, values } = createWorld()
  // 28 bytes of the nonce and the tag, and 4 characters for 3 bytes.
  const size = 65_536 / 4 * 3 - 28 - JSON.stringify([clock.wall(), { active: true, text: '' }]).length
  for (const [length, isStored] of [[size, true], [size + 1, false]] as const) {
    sent.length = 0
    create().store({ response: { active: true, text: 'x'.repeat(length) }, askedAt: clock.monotonic() })
    t.equal(sent.length, isStored ? 1 : 0)
  }
  t.match(await create().load(Infinity), { response: { active: true } })
  const [[name, { value, until }]] = [...values] as [[string, { value: string, until: number }]]
  values.set(name, { value: `${value}A`, until })
  t.equal(await create().load(Infinity), undefined)
})

t.test('a response that cannot be serialized is not stored', async (t) => {
  const { create, clock, sent } = createWorld()
  const response: { active: true, self?: object } = { active: true }
  response.self = response
  create().store({ response, askedAt: clock.monotonic() })
  t.same(sent, [])
})

t.test('a response that was forgotten is not loaded, and one that another key has is', async (t) => {
  const { create, clock, tombstones } = createWorld()
  create('token', [KEYS[0]!]).store({ response: ada, askedAt: clock.monotonic() })
  await tombstones.put({ sub: ada['sub'] as string })
  t.equal(await create().load(Infinity), undefined)
  clock.advance(10)
  create('token', [KEYS[1]!]).store({ response: ada, askedAt: clock.monotonic() })
  t.match(await create().load(Infinity), { response: ada })
  for (const subject of [{ token: 'token' }, { jti: ada['jti'] as string }]) {
    await tombstones.put(subject)
    t.equal(await create().load(Infinity), undefined)
    clock.advance(10)
    create().store({ response: ada, askedAt: clock.monotonic() })
  }
  for (const [sid, session] of [[undefined, 'V2_1'], ['7', '7']] as const) {
    await tombstones.put({ session })
    clock.advance(10)
    create().store({ response: { ...ada, sid }, askedAt: clock.monotonic() - 6000 })
    t.equal(await create().load(Infinity), undefined)
  }
})

t.test('the jti of a token is read from any entry, whatever its age, and a failure is none', async (t) => {
  const world = createWorld()
  t.equal(await world.create().loadJti(), undefined)
  world.create('token', [KEYS[1]!]).store({ response: ada, askedAt: world.clock.monotonic() })
  for (const [name, { value }] of world.values) world.values.set(name, { value, until: Infinity })
  world.clock.advance(1000)
  t.equal(await world.create().loadJti(), ada['jti'])
  world.fails = (_command, name) => name.endsWith(names[0]!)
  t.equal(await world.create().loadJti(), ada['jti'])
  world.fails = () => true
  t.equal(await world.create().loadJti(), undefined)
  await t.rejects(world.create().load(Infinity))
  world.create().delete()
  await settle()
  for (const jti of [7, undefined]) {
    const other = createWorld()
    other.create().store({ response: { active: true, ...jti && { jti } }, askedAt: other.clock.monotonic() })
    t.equal(await other.create().loadJti(), undefined)
  }
})
