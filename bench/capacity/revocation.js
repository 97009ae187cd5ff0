import { createHmac, randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Pool } from 'undici'
import { createProgress } from '../../test/runner/progress.js'
import { startProcess } from '../parts/processes.js'
import { startRedis } from '../parts/redis.js'

const PROCESSES = 4
const USERS = 100
/** Background requests a second, at all processes together. */
const LOAD = 100
/** Milliseconds for which a token is still sent after it was denied. */
const AFTER = 150
const GIVE_UP = 30_000

const SCENARIOS = [
  { name: 'event, Redis healthy', ttl: 600, count: 200, atOnce: 1, hasEvents: true, frozenFor: 0 },
  { name: 'event, Redis frozen for 3 s from 100 ms before it', ttl: 30, count: 10, atOnce: 1, hasEvents: true, frozenFor: 3000 },
  { name: 'no event, `ttl` 10', ttl: 10, count: 60, atOnce: 20, hasEvents: false, frozenFor: 0 }
]

/** Measures for how long each process of a fleet accepts a token after ZITADEL's event about its user has arrived. */
export async function measureRevocations () {
  const progress = createProgress('revocation')
  const rows = []
  for (const scenario of SCENARIOS) {
    rows.push({ name: scenario.name, ...await measureScenario(scenario, (done) => progress.update((rows.length + done) / SCENARIOS.length, scenario.name)) })
  }
  progress.end()
  return rows
}

async function measureScenario ({ ttl, count, atOnce, hasEvents, frozenFor }, onProgress) {
  const redis = await startRedis()
  if (redis === undefined) throw new Error('redis-server is not installed')
  const zitadel = await startProcess('../capacity/zitadel-process.js')
  const processes = await Promise.all(Array.from({ length: PROCESSES }, async () => await startProcess('../capacity/revocation-process.js')))
  const signingKey = randomBytes(32).toString('base64url')
  const facts = await zitadel.ask('facts')
  const { port } = new URL(redis.url)
  const origins = await Promise.all(processes.map(async (each) => await each.ask('open', { port, ttl, signingKey, ...facts })))
  const pools = origins.map((origin) => new Pool(origin, { connections: 64 }))
  const results = []
  let sequence = 0

  const get = async (pool, token) => {
    const { statusCode, body } = await pool.request({ path: '/', method: 'GET', headers: { authorization: `Bearer ${token}` } })
    await body.dump()
    return statusCode
  }
  const sendEvent = async (pool, sub) => {
    const body = JSON.stringify({ aggregateID: sub, aggregateType: 'user', resourceOwner: '1', instanceID: '1', version: 'v2', sequence: ++sequence, event_type: 'user.locked', created_at: new Date().toISOString(), userID: '2' })
    const seconds = Math.floor(Date.now() / 1000)
    const signature = createHmac('sha256', signingKey).update(`${seconds}.${body}`).digest('hex')
    const { statusCode, body: answer } = await pool.request({ path: '/events', method: 'POST', headers: { 'content-type': 'application/json', 'zitadel-signature': `t=${seconds},v1=${signature}` }, body })
    await answer.dump()
    if (statusCode !== 204) throw new Error(`the event was answered ${statusCode}`)
  }
  /** Sends a token to one process until it was denied for a while. A 503 counts as neither allowed nor denied. */
  const probe = async (pool, token, pause) => {
    const seen = { deniedAt: Infinity, letInAt: -Infinity, letInAfterwards: 0, others: 0 }
    const end = performance.now() + GIVE_UP
    while (performance.now() < Math.min(end, seen.deniedAt + AFTER)) {
      const sentAt = performance.now()
      const status = await get(pool, token)
      if (status === 401) seen.deniedAt = Math.min(seen.deniedAt, performance.now())
      else if (status === 200) {
        seen.letInAt = sentAt
        seen.letInAfterwards += sentAt > seen.deniedAt ? 1 : 0
      } else seen.others++
      await sleep(pause)
    }
    return seen
  }
  const revoke = async (number) => {
    const sub = `user-${number}`
    const token = await zitadel.ask('issue', sub)
    for (const pool of pools) while (await get(pool, token) !== 200) await sleep(50)
    const lockedAt = performance.now()
    await zitadel.ask('lock', sub)
    const probes = pools.map(async (pool) => await probe(pool, token, atOnce === 1 ? 4 : 50))
    if (frozenFor > 0) redis.pause()
    await sleep(100)
    const eventAt = performance.now()
    const delivery = hasEvents ? sendEvent(pools[number % PROCESSES], sub) : undefined
    if (frozenFor > 0) setTimeout(() => redis.resume(), frozenFor - 100)
    const seen = await Promise.all(probes)
    await delivery
    const lastAt = Math.max(...seen.map(({ letInAt }) => letInAt))
    results.push({ duration: Math.max(0, lastAt - (hasEvents ? eventAt : lockedAt)), after: seen.reduce((sum, each) => sum + each.letInAfterwards, 0), others: seen.reduce((sum, each) => sum + each.others, 0) })
    onProgress(results.length / count)
  }

  const users = await Promise.all(Array.from({ length: USERS }, async (_, number) => await zitadel.ask('issue', `background-${number}`)))
  const enough = new AbortController()
  const load = { requests: 0, failures: 0 }
  const loading = (async () => {
    while (!enough.signal.aborted) {
      await sleep(20)
      for (let i = 0; i < LOAD / 50; i++) {
        load.requests++
        get(pools[load.requests % PROCESSES], users[Math.floor(Math.random() * USERS)]).then((status) => { if (status !== 200) load.failures++ }, () => { load.failures++ })
      }
    }
  })()
  try {
    await sleep(3000)
    for (let number = 0; number < count; number += atOnce) {
      await Promise.all(Array.from({ length: atOnce }, async (_, index) => await revoke(number + index)))
      if (frozenFor > 0) await sleep(2000)
    }
  } finally {
    enough.abort()
    await loading
    await sleep(200)
    await Promise.all(pools.map(async (pool) => await pool.destroy()))
    await Promise.all(processes.map(async (each) => { await each.ask('close').catch(() => {}); await each.stop() }))
    await zitadel.ask('close')
    await zitadel.stop()
    await redis.stop()
  }
  const durations = results.map(({ duration }) => duration).sort((a, b) => a - b)
  const sum = (get) => results.reduce((total, each) => total + get(each), 0)
  return {
    count,
    p50: durations[Math.ceil(count / 2) - 1],
    p99: durations[Math.ceil(count * 0.99) - 1],
    most: durations.at(-1),
    after: sum(({ after }) => after),
    others: sum(({ others }) => others),
    load: `${load.requests}, ${load.failures} not answered 200`
  }
}
