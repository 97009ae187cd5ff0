import { NAMES } from '../contestants/names.js'
import { startProcess } from './processes.js'

/**
 * Every contestant in a process of its own, all warm.
 *
 * @returns those that are installed, the titles of those that are not, and a way to end them
 */
export async function startContenders (authority) {
  const processes = new Map()
  const missing = []
  await Promise.all(Object.keys(NAMES).map(async (contestant) => {
    const process = await startProcess('route-process.js', [contestant])
    if (await process.ask('open', { contestant, authority })) {
      processes.set(contestant, process)
    } else {
      missing.push(NAMES[contestant])
      await process.stop()
    }
  }))
  return {
    processes,
    contestants: Object.keys(NAMES).filter((contestant) => processes.has(contestant)),
    missing,
    stop: async () => { await Promise.all([...processes.values()].map((each) => each.stop())) }
  }
}
