import { NAMES } from '../contestants/names.js'
import { startProcess } from './processes.js'

/**
 * Every contestant in a process of its own, all warm.
 *
 * @returns those that are installed, the titles of those that are not, and a way to end them
 */
export async function startContestants (authority) {
  const processes = new Map()
  const missing = []
  await Promise.all(Object.keys(NAMES).map(async (contestant) => {
    const process = await startContestant(contestant, authority)
    if (process === undefined) missing.push(NAMES[contestant])
    else processes.set(contestant, process)
  }))
  return {
    processes,
    contestants: Object.keys(NAMES).filter((contestant) => processes.has(contestant)),
    missing,
    stop: async () => { await Promise.all([...processes.values()].map((each) => each.stop())) }
  }
}

/** A contestant in a new process; undefined if a package that it needs is not installed. */
export async function startContestant (contestant, authority) {
  const process = await startProcess('route-process.js', [contestant])
  if (await process.ask('open', { contestant, authority })) return process
  await process.stop()
  return undefined
}
