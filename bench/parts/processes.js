import { fork } from 'node:child_process'
import { once } from 'node:events'

/**
 * Starts a file as a process of its own and sends it calls, so that no contestant's garbage or
 * optimised code affects another.
 */
export async function startProcess (file, args = [], execArgv = []) {
  const child = fork(new URL(file, import.meta.url), args, { execArgv, env: { ...process.env, NODE_ENV: 'production' } })
  const waiting = new Map()
  let next = 0
  child.on('message', ({ id, result, error }) => {
    const { resolve, reject } = waiting.get(id)
    waiting.delete(id)
    error === undefined ? resolve(result) : reject(new Error(error))
  })
  const ended = once(child, 'exit')
  child.on('exit', (code) => {
    for (const { reject } of waiting.values()) reject(new Error(`${file} ${args.join(' ')} ended with ${code}`))
  })
  return {
    ask: (question, details) => new Promise((resolve, reject) => {
      const id = next++
      waiting.set(id, { resolve, reject })
      child.send({ id, question, details })
    }),
    stop: async () => {
      if (child.connected) child.disconnect()
      await ended
    }
  }
}

/** Runs in the started process: serves calls by name, and ends with the parent. */
export function answerQuestions (answers) {
  process.on('message', async ({ id, question, details }) => {
    try {
      process.send({ id, result: await answers[question](details) })
    } catch (error) {
      process.send({ id, error: error?.stack ?? String(error) })
    }
  })
  process.on('disconnect', () => process.exit())
}
