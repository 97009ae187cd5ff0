import { setTimeout as sleep } from 'node:timers/promises'
import { REJECTED_PAUSE, TIMEOUT } from './settings.js'

const FAULTS = [
  'reset', 'hang', 'cut-body', 'stalled-body', 'endless-body', 'inactive', 'unknown-instance', 'instance-lookup', 'blocked', 'panic',
  'bad-gateway', 'rate-limited', { delay: 300 }, { delay: 2500 }, { status: 200, body: '{}' }, { status: 200, body: 'active' }, { status: 403 }, { status: 418 }
]

/** Faults that come and go, some right after the last and some when all has been well for long. */
export async function breakThings (standIn, faults, random, until, told) {
  const times = (from, to) => from + random() * (to - from)
  for (let i = 0; Date.now() < until; i++) {
    await sleep(random() < 0.2 ? times(12_000, 20_000) : times(500, 4000))
    const fault = FAULTS[i % FAULTS.length]
    const end = faults.begin(fault)
    await standIn.call('fail', fault)
    await sleep(times(300, 4000))
    await standIn.call('fail', null)
    end()
    told[JSON.stringify(fault)] = (told[JSON.stringify(fault)] ?? 0) + 1
  }
}

/** Keys that are rotated as the documentation says, and sometimes by somebody who has not read it. */
export async function rotateKeys (standIn, api, keyFile, rejections, random, until, told) {
  while (Date.now() < until) {
    await sleep(3000 + random() * 5000)
    const isRough = random() < 0.2
    const end = isRough ? rejections.begin('no key') : () => {}
    const old = await standIn.call('addKey', keyFile)
    if (isRough) await standIn.call('removeKey', old)
    while (!(await api.call('reload')).ok) await sleep(500)
    if (!isRough) {
      // What was under way when the key changed still carries the old one.
      await sleep(TIMEOUT)
      await standIn.call('removeKey', old)
    }
    told[isRough ? 'rough' : 'orderly'] = (told[isRough ? 'rough' : 'orderly'] ?? 0) + 1
    // The new client has no pause behind it, but answers to the old one may still come in.
    if (isRough) await sleep(REJECTED_PAUSE)
    end()
  }
}
