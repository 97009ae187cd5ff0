// What happens to the API while Prometheus looks: load with denials of several kinds, a slow ZITADEL, an outage, rejected
// credentials, and a Redis that is away.
import { setTimeout as sleep } from 'node:timers/promises'

const pick = (list) => list[Math.floor(Math.random() * list.length)]

/** Requests a second to each process. */
const RATE = 20
const FEEDS = 12

/** @returns a function that ends the load */
export async function startLoad (standIn, origins) {
  const readers = await Promise.all(Array.from({ length: 60 }, async (_, i) => await standIn.issueToken({ sub: `reader-${i}`, roles: ['reader'], lifetime: 3600 })))
  const admin = await standIn.issueToken({ sub: 'admin', roles: ['admin', 'reader'] })
  const expired = await standIn.issueToken({ lifetime: -60 })
  const foreign = await standIn.issueToken({ projectId: '999', audience: ['999'], roles: ['reader'] })
  const narrow = await standIn.issueToken({ scopes: ['openid'], roles: ['reader'] })
  const kinds = [
    [60, () => ['/orders', pick(readers)]],
    [14, () => [`/orders/${Math.ceil(Math.random() * 900)}`, pick(readers)]],
    [6, () => ['/payments', pick(readers), 'POST']],
    [4, () => ['/admin', admin]],
    [4, async () => ['/orders', await standIn.issueToken({ roles: ['reader'], lifetime: 3600 })]],
    [3, () => ['/admin', pick(readers)]],
    [3, () => ['/orders', expired]],
    [2, () => ['/orders', undefined]],
    [2, () => ['/orders', foreign]],
    [2, () => ['/profile', narrow]]
  ]
  const total = kinds.reduce((sum, [weight]) => sum + weight, 0)
  const choose = async () => {
    let left = Math.random() * total
    return await kinds.find(([weight]) => (left -= weight) < 0)[1]()
  }
  const call = async (origin) => {
    const [path, token, method = 'GET'] = await choose()
    const response = await fetch(origin + path, { method, headers: token === undefined ? {} : { authorization: `Bearer ${token}` } })
    await response.arrayBuffer()
  }
  const end = new AbortController()
  const load = setInterval(() => { for (const origin of origins) call(origin).catch(() => {}) }, 1000 / RATE)
  const feed = async (origin) => {
    while (!end.signal.aborted) {
      const token = Math.random() < 0.1 ? await standIn.issueToken({ roles: ['reader'], lifetime: 25 }) : pick(readers)
      const signal = AbortSignal.any([end.signal, AbortSignal.timeout(20_000 + Math.ceil(Math.random() * 120_000))])
      await fetch(`${origin}/feed`, { headers: { authorization: `Bearer ${token}` }, signal }).then(async (response) => await response.text()).catch(() => {})
      await sleep(2000)
    }
  }
  for (let i = 0; i < FEEDS; i++) feed(origins[i % origins.length])
  return { readers, stop: () => { clearInterval(load); end.abort() } }
}

/** Takes 15 minutes. */
export async function runScenario ({ standIn, origins, target, redis, log }) {
  const { readers, stop } = await startLoad(standIn, origins)
  let latency = [15, 40]
  const jitter = setInterval(() => { if (latency !== undefined) standIn.fail({ delay: latency[0] + Math.random() * (latency[1] - latency[0]) }) }, 200)
  const phase = async (seconds, title, action) => {
    log(title)
    await action?.()
    await sleep(seconds * 1000)
  }
  await phase(120, 'normal')
  const guesses = setInterval(() => { fetch(`${origins[0]}/orders`, { headers: { authorization: `Bearer guess-${Math.random()}` } }).then((response) => response.arrayBuffer()).catch(() => {}) }, 100)
  await phase(60, 'a client guesses tokens')
  clearInterval(guesses)
  await phase(30, 'users are locked, lose a role, log out', async () => {
    for (let i = 0; i < 4; i++) standIn.lockUser(`reader-${i}`)
    standIn.setRoles(readers[5], ['guest'])
    const body = new URLSearchParams({ logout_token: await standIn.createLogoutToken({ sub: 'reader-6' }) })
    await fetch(`${origins[0]}/zitadel/logout`, { method: 'POST', body })
    await target.settled()
  })
  await phase(30, 'a forged webhook', async () => { await target.send(target.deliveries[0], { signingKey: 'x'.repeat(36) }) })
  await phase(120, 'ZITADEL is slow', () => { latency = [400, 1500] })
  await phase(30, 'normal', () => { latency = [15, 40] })
  await phase(30, 'ZITADEL is down: resets', () => { latency = undefined; standIn.fail('reset') })
  await phase(110, 'ZITADEL is down: 503', () => { standIn.fail({ status: 503 }) })
  await phase(80, 'ZITADEL is back', () => { latency = [15, 40] })
  await phase(20, 'a webhook is lost', async () => {
    const { payload } = target.deliveries.find(({ payload }) => payload.includes('user.grant.'))
    const event = JSON.parse(payload)
    await target.send({ ...event, sequence: event.sequence + 3 })
  })
  await phase(45, 'ZITADEL rejects the credentials', () => { latency = undefined; standIn.fail({ status: 400, body: '{"error":"invalid_client"}', contentType: 'application/json' }) })
  await phase(45, 'normal', () => { latency = [15, 40] })
  await phase(150, 'Redis is away', () => { redis.kill('SIGSTOP') })
  await phase(45, 'normal', () => { redis.kill('SIGCONT') })
  clearInterval(jitter)
  stop()
}
