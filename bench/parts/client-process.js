import { randomBytes } from 'node:crypto'
import { getMedian } from './statistics.js'
import { answerQuestions } from './processes.js'

// One introspection client in a process of its own. Every token is a new one.

const seed = randomBytes(60).toString('base64url')
let issued = 0
let introspect

const newToken = () => `${seed}${String(issued++).padStart(10, '0')}`

async function once () {
  const response = await introspect(newToken())
  if (!response) throw new Error('no active token')
}

answerQuestions({
  open: async ({ client, authority }) => {
    const { start } = await import(`../clients/${client}.js`)
    introspect = await start(authority)
  },
  /** Median milliseconds, one at a time. */
  oneAtATime: async (count) => {
    const times = []
    for (let i = 0; i < count; i++) {
      const start = performance.now()
      await once()
      times.push(performance.now() - start)
    }
    return getMedian(times)
  },
  /** Microseconds of CPU a call. */
  together: async ({ count, concurrency }) => {
    const before = process.cpuUsage()
    let left = count
    await Promise.all(Array.from({ length: concurrency }, async () => { while (left-- > 0) await once() }))
    const { user, system } = process.cpuUsage(before)
    return (user + system) / count
  }
})
