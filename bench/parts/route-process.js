import { createHook } from 'node:async_hooks'
import { once } from 'node:events'
import { open } from './open-contestant.js'
import { createLightPair, createRealPair } from './light-http.js'
import { answerQuestions } from './processes.js'

// One contestant in a process of its own.

let handle
let server
let headers
let pair
let setMetrics

/** Resolves when the response has ended, with its status. */
function send (authorization, answered) {
  const [request, response] = pair(authorization)
  handle(request, response)
  if (response.writableEnded) return answered(response.statusCode)
  response.onEnd = () => answered(response.statusCode)
}

/**
 * One request after the other, without promises of this file, because promises are counted.
 * Each has a new string, as from a socket, for which the engine has computed nothing yet.
 */
function sequence (i, count, done) {
  for (; i < count; i++) {
    const [request, response] = pair(headers[i % headers.length].latin1Slice())
    handle(request, response)
    if (!response.writableEnded) {
      response.onEnd = () => response.statusCode === 200 ? sequence(i + 1, count, done) : done(response.statusCode)
      return
    }
    if (response.statusCode !== 200) return done(response.statusCode)
  }
  done()
}

function requests (count) {
  return new Promise((resolve, reject) => {
    sequence(0, count, (status) => status === undefined ? resolve() : reject(new Error(`answered ${status}`)))
  })
}

function cpu () {
  const { user, system } = process.cpuUsage()
  return user + system
}

answerQuestions({
  open: async ({ contestant, authority }) => {
    const opened = await open(contestant, authority)
    if (opened === undefined) return false
    handle = opened.handle
    server = opened.server
    setMetrics = opened.setMetrics
    pair = opened.isExpress ? createRealPair : createLightPair
    headers = opened.tokens.map((token) => Buffer.from(`Bearer ${token}`))
    return true
  },
  listen: async () => {
    await once(server.listen(0, '127.0.0.1'), 'listening')
    return server.address().port
  },
  /** Sends every token once, so that later requests are hits. */
  touch: () => requests(headers.length),
  /** Microseconds of CPU a request. */
  spin: async (count) => {
    const before = cpu()
    await requests(count)
    return (cpu() - before) / count
  },
  /** How many requests take so many milliseconds of CPU. */
  calibrate: async (milliseconds) => {
    const start = cpu()
    let count = 0
    while (cpu() - start < milliseconds * 1000) {
      await requests(50)
      count += 50
    }
    return count
  },
  cpu,
  /** Turns the metrics of a contestant on or off. */
  metrics: (areOn) => setMetrics(areOn),
  /** Promises created a request. */
  promises: async (count) => {
    let created = 0
    const hook = createHook({ init: (_id, type) => { if (type === 'PROMISE') created++ } })
    await requests(count)
    hook.enable()
    await requests(count)
    hook.disable()
    return Math.round(created / count)
  },
  /** Sends so many simultaneous requests with one token. Returns how many were allowed. */
  burst: async ({ count, token }) => {
    const statuses = await Promise.all(Array.from({ length: count }, () => new Promise((resolve) => send(`Bearer ${token}`, resolve))))
    return statuses.filter((status) => status === 200).length
  }
})
