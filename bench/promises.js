import { NAMES, WITH_METRICS } from './contestants/names.js'

/** Counts the promises of a request on a hit. Each is garbage, a turn of the microtask queue, and expensive under AsyncLocalStorage. */
export async function countPromises ({ started: { processes, contestants } }) {
  const created = new Map()
  for (const contestant of contestants) {
    await processes.get(contestant).ask('touch')
    created.set(contestant, await processes.get(contestant).ask('promises', 500))
  }
  const ours = Math.max(...['guard:opaque', 'guard:jwt', WITH_METRICS].filter((contestant) => created.has(contestant)).map((contestant) => created.get(contestant)))
  return {
    title: 'Promises created on a hit',
    text: 'Counted with `async_hooks`; the bare frameworks create none here.',
    head: ['contestant', 'promises a request'],
    rows: contestants.map((contestant) => [NAMES[contestant], String(created.get(contestant))]),
    targets: [{ what: 'promises created by the guard on a hit, with OpenTelemetry metrics too', goal: '0', measured: String(ours), reached: ours === 0 }]
  }
}
