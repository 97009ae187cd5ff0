import { setTimeout as sleep } from 'node:timers/promises'
import { Pool } from 'undici'
import { RECONNECT } from './settings.js'
import { findViolation, isCalm } from './oracle.js'

const CONNECTIONS = 48
/** Milliseconds in which the callers begin. */
const RAMP = 4000
const PATHS = ['/live', '/live', '/live', '/admin', '/admin', '/fresh', '/upload']

/** Callers over many connections. Each sends requests in a loop, and compares each response with the state of its token. */
export async function load (origins, tokenPool, spans, random, until) {
  const pools = origins.map((origin) => new Pool(origin, { connections: CONNECTIONS, headersTimeout: 30_000 }))
  const counts = {}
  /** Responses in times without an allowed 503. */
  const calm = { duringTrouble: 0, otherwise: 0 }
  const violations = []
  const start = Date.now()
  const caller = async () => {
    // Not all at once: processes that have just started are slow.
    await sleep(random() * RAMP)
    while (Date.now() < until) {
      await sleep(random() * 30)
      const lot = random()
      const known = pick(lot < 0.75 ? tokenPool.active : lot < 0.9 ? tokenPool.dead : [], random)
      // An unknown token: sometimes the same as a moment ago, mostly a new one.
      const token = known?.token ?? `unknown-${Math.floor(random() * 1e6)}`
      const path = pick(PATHS, random)
      const api = Math.floor(random() * pools.length)
      const isUpload = path === '/upload'
      const hangsUp = random() < 0.01
      const from = Date.now()
      try {
        const { statusCode: status, headers, body } = await pools[api].request({
          path,
          method: isUpload ? 'POST' : 'GET',
          headers: { authorization: `Bearer ${token}`, ...isUpload && { 'content-type': 'application/json' } },
          body: isUpload ? JSON.stringify({ padding: 'x'.repeat(random() * 20_000) }) : null,
          signal: hangsUp ? AbortSignal.timeout(Math.floor(random() * 20)) : undefined
        })
        const text = await body.text()
        const to = Date.now()
        counts[status] = (counts[status] ?? 0) + 1
        if (isCalm(spans, from, to)) calm[spans.troubles.touch(from - RECONNECT, to) ? 'duringTrouble' : 'otherwise']++
        const why = findViolation({ api, path, known, status, headers, from, to }, spans) ?? (status === 200 && JSON.parse(text).sub !== known.sub ? 'taken for another' : undefined)
        if (why !== undefined) violations.push({ why, at: from - start, api, path, from, to, text: text.slice(0, 200), known: { ...known, token: undefined } })
      } catch (error) {
        const name = hangsUp ? 'hung up' : `failed: ${error.code ?? error.message}`
        counts[name] = (counts[name] ?? 0) + 1
        if (!hangsUp) violations.push({ why: name, at: from - start, api, path, from, to: Date.now() })
      }
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, caller))
  await Promise.all(pools.map(async (pool) => await pool.close()))
  return { counts, calm, violations }
}

function pick (from, random) {
  return from[Math.floor(random() * from.length)]
}
