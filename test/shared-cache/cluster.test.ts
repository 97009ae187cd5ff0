import t from 'tap'
import { once } from 'node:events'
import { ada, open, type Member } from '../fixtures/fleet.ts'
import { connectCluster, migrateSlots, startCluster, type RedisCluster } from '../fixtures/redis-cluster.ts'
import { kinds, needsRedis, type Kind } from '../fixtures/redis.ts'

t.setTimeout(120_000)
// A cluster mostly waits: for its nodes to agree, and for a failover.
t.jobs = 3

const TOKENS = 40

async function joinCluster (t: Parameters<typeof open>[0], cluster: RedisCluster, kind: Kind, isLazy: boolean = false): Promise<Member> {
  const member = await open(t, await connectCluster(t, cluster, kind, isLazy), { deadline: 500 })
  await member.hears((event) => 'all' in event)
  return member
}

/** Two processes that use the cluster all the time: tokens that both share, and tokens that are forgotten once. */
class Load {
  readonly #members: readonly [Member, Member]
  readonly #running: readonly Promise<void>[]
  /** Responses that were served after a forget of their token had resolved to true. */
  readonly wrong: string[] = []
  forgets = 0
  shared = 0
  #isEnded = false

  constructor (members: readonly [Member, Member]) {
    this.#members = members
    this.#running = [this.#share(members[0]), this.#share(members[1]), this.#forget()]
  }

  async end (): Promise<void> {
    this.#isEnded = true
    await Promise.all(this.#running)
  }

  async #share (member: Member): Promise<void> {
    while (!this.#isEnded) {
      const id = Math.floor(Math.random() * TOKENS)
      const before = member.asked()
      const { response } = await member.ask(`token ${id}`, { active: true, sub: `user ${id}` })
      if (member.asked() === before) this.shared++
      if (response.sub !== `user ${id}`) this.wrong.push(`token ${id} is of ${String(response.sub)}`)
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
  }

  async #forget (): Promise<void> {
    const [first, second] = this.#members
    for (let id = 0; !this.#isEnded; id++) {
      const token = `forgotten ${id}`
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

for (const kind of kinds) {
  t.test(`${kind}: a cluster is shared through a slot migration and a failover, and no response is older than a forget`, { ...needsRedis, buffered: true, timeout: 120_000 }, async (t) => {
    const cluster = await startCluster(t)
    // A client that connects later gets its subscription as soon as a node is known.
    const members = [await joinCluster(t, cluster, kind), await joinCluster(t, cluster, kind, true)] as const
    const [first, second] = members

    t.same((await first.ask()).response, ada)
    await first.settle()
    t.same((await second.ask('token', { active: false })).response, ada, 'a response is shared')
    t.equal(await first.cache.forget({ sub: ada['sub'] as string }), true)
    await second.hears((event) => 'sub' in event)
    t.same((await second.ask('token', { active: false })).response, { active: false })

    const load = new Load(members)
    await grows(() => load.forgets, 10)
    await grows(() => load.shared, 20)
    const [source, , target] = cluster.masters
    t.ok(await migrateSlots(cluster, source, target) > 5, 'slots with keys are migrated')
    await grows(() => load.forgets, 10)
    await grows(() => load.shared, 20)

    source.child.kill('SIGKILL')
    await once(source.child, 'exit')
    const start = performance.now()
    await grows(() => load.forgets, 10)
    await grows(() => load.shared, 20)
    t.comment(`shared again ${Math.round(performance.now() - start)} ms after the death of a master`)
    await load.end()
    t.same(load.wrong, [])
    const before = second.heard.length
    while (second.heard.length === before) await first.cache.forget({ jti: 'another' })
  })
}
