import t from 'tap'
import { once } from 'node:events'
import { open, type Member } from '../fixtures/fleet.ts'
import { connectCluster, migrateSlots, startCluster, type RedisCluster } from '../fixtures/redis-cluster.ts'
import { kinds, listDenied, needsRedis, type Kind } from '../fixtures/redis.ts'

// A test with a failover mostly waits. It runs in a process of its own, beside others.
t.setTimeout(60_000)

const TOKENS = 40

async function joinCluster (t: Parameters<typeof open>[0], cluster: RedisCluster, kind: Kind, isLazy: boolean = false): Promise<Member> {
  const member = await open(t, await connectCluster(t, cluster, kind, isLazy), { deadline: 500, prefix: `fastify-zitadel:${kind}` })
  await member.hears((target) => 'all' in target)
  return member
}

/** Two processes that use the cluster all the time: tokens that both share, and tokens that are forgotten once. */
class Load {
  readonly kind: Kind
  readonly members: readonly [Member, Member]
  readonly #running: readonly Promise<void>[]
  /** Responses that were served after a forget of their token had resolved to true. */
  readonly wrong: string[] = []
  forgets = 0
  shared = 0
  #isEnded = false

  constructor (kind: Kind, members: readonly [Member, Member]) {
    this.kind = kind
    this.members = members
    this.#running = [this.#share(members[0]), this.#share(members[1]), this.#forget()]
  }

  /** Resolves once the processes have forgotten and shared some more. */
  async progress (): Promise<void> {
    await grows(() => this.forgets, 3)
    await grows(() => this.shared, 5)
  }

  async end (): Promise<void> {
    this.#isEnded = true
    await Promise.all(this.#running)
  }

  async #share (member: Member): Promise<void> {
    while (!this.#isEnded) {
      const id = Math.floor(Math.random() * TOKENS)
      const before = member.asked()
      const { response } = await member.ask(`${this.kind} ${id}`, { active: true, sub: `user ${id}` })
      if (member.asked() === before) this.shared++
      if (response.sub !== `user ${id}`) this.wrong.push(`${this.kind} ${id} is of ${String(response.sub)}`)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }

  async #forget (): Promise<void> {
    const [first, second] = this.members
    for (let id = 0; !this.#isEnded; id++) {
      const token = `forgotten ${this.kind} ${id}`
      await first.ask(token, { active: true, sub: token })
      await second.ask(token, { active: true, sub: token })
      if (await first.cache.forget(id % 2 === 0 ? { token } : { sub: token })) {
        this.forgets++
        if ((await second.ask(token, { active: false })).response.active) this.wrong.push(token)
      }
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
}

/** Resolves once a counter has grown by so much. */
async function grows (count: () => number, by: number): Promise<void> {
  const least = count() + by
  while (count() < least) await new Promise((resolve) => setTimeout(resolve, 5))
}

t.test('a cluster is shared through a slot migration and a failover, and no response is older than a forget', { ...needsRedis, timeout: 60_000 }, async (t) => {
  const cluster = await startCluster(t)
  const loads = await Promise.all(kinds.map(async (kind) => {
    // A client that connects later gets its subscription as soon as a node is known.
    const members = [await joinCluster(t, cluster, kind), await joinCluster(t, cluster, kind, true)] as const
    const [first, second] = members
    const owner = { active: true, sub: `owner of ${kind}` }
    t.same((await first.ask(kind, owner)).response, owner)
    await first.settle()
    t.same((await second.ask(kind, { active: false })).response, owner, `${kind}: a response is shared`)
    t.equal(await first.cache.forget({ sub: owner.sub }), true)
    await second.hears((target) => 'sub' in target && target.sub === owner.sub)
    t.same((await second.ask(kind, { active: false })).response, { active: false })
    return new Load(kind, members)
  }))
  const progress = async (): Promise<unknown> => await Promise.all(loads.map(async (load) => await load.progress()))

  await progress()
  const [source, , target] = cluster.masters
  t.ok(await migrateSlots(cluster, source, target, 6) > 3, 'slots with keys are migrated')
  await progress()

  source.child.kill('SIGKILL')
  await once(source.child, 'exit')
  const start = performance.now()
  await Promise.all(loads.map(async (load) => {
    await load.progress()
    t.comment(`${load.kind}: shared again ${Math.round(performance.now() - start)} ms after the death of a master`)
  }))
  for (const load of loads) {
    await load.end()
    t.same(load.wrong, [], load.kind)
    const [first, second] = load.members
    const before = second.received.length
    while (second.received.length === before) await first.cache.forget({ jti: 'another' })
  }
  for (const { admin } of [...cluster.masters.slice(1), cluster.replica]) {
    t.same(await listDenied(async (command, ...args) => await admin.call(command, ...args)), [], 'the permissions are enough')
  }
})
