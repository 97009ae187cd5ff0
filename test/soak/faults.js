import { setTimeout as sleep } from 'node:timers/promises'
import { REJECTED_PAUSE, TIMEOUT } from './settings.js'

const FAULTS = [
  'reset', 'hang', 'cut-body', 'stalled-body', 'endless-body', 'inactive', 'unknown-instance', 'instance-lookup', 'blocked', 'panic',
  'bad-gateway', 'rate-limited', { delay: 300 }, { delay: 2500 }, { status: 200, body: '{}' }, { status: 200, body: 'active' }, { status: 403 }, { status: 418 }
]

/** Injects faults of ZITADEL: some directly after the last one, some after a long time without a fault. */
export async function injectFaults (standIn, faults, random, until, counts) {
  const times = (from, to) => from + random() * (to - from)
  for (let i = 0; Date.now() < until; i++) {
    await sleep(random() < 0.25 ? times(20_000, 40_000) : times(500, 4000))
    const fault = FAULTS[i % FAULTS.length]
    const end = faults.begin(fault)
    await standIn.call('fail', fault)
    await sleep(times(300, 4000))
    await standIn.call('fail', null)
    end()
    increment(counts, JSON.stringify(fault))
  }
}

/** Faults between the processes and Redis, with long times without a fault. */
export async function disturbRedis (redis, links, troubles, random, until, counts) {
  const kinds = {
    cut: (link) => { link.cut() },
    freeze: (link) => { link.freeze() },
    pause: () => { redis.pause() },
    restart: async () => { await redis.kill() }
  }
  while (Date.now() < until) {
    await sleep(6000 + random() * 14_000)
    const kind = Object.keys(kinds)[Math.floor(random() * 4)]
    const isOfLink = kind === 'cut' || kind === 'freeze'
    const api = isOfLink ? Math.floor(random() * links.length) : undefined
    const end = troubles.begin({ kind, api })
    await kinds[kind](links[api])
    // Long enough for the process to detect that it is cut off.
    await sleep(isOfLink && random() < 0.4 ? 20_000 + random() * 5000 : 300 + random() * 6000)
    if (kind === 'pause') redis.resume()
    if (kind === 'restart') await redis.start()
    if (isOfLink) links[api].heal()
    end()
    increment(counts, kind)
  }
}

/** Rotates keys as the documentation says, and sometimes removes the old key before the new one is loaded. */
export async function rotateKeys (standIn, apis, keyFile, rejections, random, until, counts) {
  while (Date.now() < until) {
    await sleep(3000 + random() * 5000)
    const isRough = random() < 0.2
    const end = isRough ? rejections.begin('no key') : () => {}
    const old = await standIn.call('addKey', keyFile)
    if (isRough) await standIn.call('removeKey', old)
    for (const api of apis) while (!(await api.call('reload')).ok) await sleep(500)
    if (!isRough) {
      // Requests in flight at the change still have the old key.
      await sleep(TIMEOUT)
      await standIn.call('removeKey', old)
    }
    increment(counts, isRough ? 'rough' : 'orderly')
    // The new client has no backoff, but responses to the old one may still arrive.
    if (isRough) await sleep(REJECTED_PAUSE)
    end()
  }
}

function increment (counts, name) {
  counts[name] = (counts[name] ?? 0) + 1
}
