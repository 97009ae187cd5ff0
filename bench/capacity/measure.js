import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { createIntrospectionResponse } from '../parts/claims.js'
import { startProcess } from '../parts/processes.js'
import { startRedis } from '../parts/redis.js'
import { estimate } from './model.js'

/** Seconds after the last token was used for the first time. */
const WARM_UP = 10
const NAMES = ['getrange', 'exists', 'set', 'del', 'publish']

/**
 * Runs a fleet of real processes on a real Redis, and counts what the model predicts.
 *
 * @param {import('./model.js').Fleet & { seconds: number, latency: number }} scenario
 */
export async function measure ({ seconds, latency, ...fleet }) {
  const spread = estimate(fleet).interval
  const redis = await startRedis()
  if (redis === undefined) throw new Error('redis-server is not installed')
  const admin = new Redis(redis.url)
  const processes = await Promise.all(Array.from({ length: fleet.processes }, async () => await startProcess('../capacity/fleet-process.js', [], ['--expose-gc'])))
  const { port } = new URL(redis.url)
  try {
    await Promise.all(processes.map(async (each) => await each.ask('open', { port, ttl: fleet.ttl, latency })))
    const heapBefore = await processes[0].ask('memory')
    for (const each of processes) await each.ask('run', { requests: fleet.requests / fleet.processes, tokens: fleet.tokens, spread })
    const enough = new AbortController()
    const forgetting = (async () => {
      while (fleet.forgets > 0 && !enough.signal.aborted) {
        await sleep(-Math.log(1 - Math.random()) * 1000 / fleet.forgets)
        await processes[Math.floor(Math.random() * processes.length)].ask('forget', Math.floor(Math.random() * fleet.tokens))
      }
    })()
    await sleep((spread + WARM_UP) * 1000)
    const before = await sample(processes, admin)
    await sleep(seconds * 1000)
    const after = await sample(processes, admin)
    enough.abort()
    await forgetting
    await Promise.all(processes.map(async (each) => await each.ask('stop')))
    const heapAfter = await processes[0].ask('memory')
    await admin.flushall('SYNC')
    const empty = await readInfo(admin)
    const rate = (get) => (get(after) - get(before)) / ((after.time - before.time) / 1000)
    const measured = {
      requests: rate(({ counts }) => counts.requests),
      failures: after.counts.failures,
      introspections: rate(({ counts }) => counts.introspections),
      commands: Object.fromEntries(NAMES.map((name) => [name, rate(({ info }) => info.calls[name] ?? 0)])),
      bytesIn: rate(({ info }) => info.bytesIn),
      // The reply to the first query of the numbers.
      bytesOut: rate(({ info }) => info.bytesOut) - before.info.length / seconds,
      redisMemory: after.info.memory - empty.memory,
      redisCpu: rate(({ info }) => info.cpu),
      heap: heapAfter - heapBefore
    }
    const responseLength = JSON.stringify(createIntrospectionResponse('https://auth.acme.example', 0)).length
    return { predicted: estimate({ ...fleet, requests: measured.requests, responseLength }), measured }
  } finally {
    admin.disconnect()
    await Promise.all(processes.map(async (each) => await each.stop()))
    await redis.stop()
  }
}

async function sample (processes, admin) {
  const all = await Promise.all(processes.map(async (each) => await each.ask('counts')))
  const info = await readInfo(admin)
  const counts = Object.fromEntries(Object.keys(all[0]).map((name) => [name, all.reduce((sum, each) => sum + each[name], 0)]))
  return { time: performance.now(), counts, info }
}

/** What Redis counts. */
async function readInfo (admin) {
  const text = (await Promise.all(['commandstats', 'stats', 'memory', 'cpu'].map(async (section) => await admin.info(section)))).join('')
  const read = (name) => Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(text)?.[1])
  return {
    length: text.length,
    calls: Object.fromEntries(Array.from(text.matchAll(/^cmdstat_(\w+):calls=(\d+)/gm), ([, name, calls]) => [name, Number(calls)])),
    bytesIn: read('total_net_input_bytes'),
    bytesOut: read('total_net_output_bytes'),
    memory: read('used_memory'),
    cpu: read('used_cpu_user') + read('used_cpu_sys')
  }
}
