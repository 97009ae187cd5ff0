import { randomBytes } from 'node:crypto'
import fastify from 'fastify'
import zitadel from '../../dist/index.js'
import { PATH, handler } from '../contestants/route.js'
import { createIntrospectionResponse } from './claims.js'
import { createLightPair } from './light-http.js'
import { answerQuestions } from './processes.js'

// A guard whose server is a function: the memory is the same, and a million introspections are fast.

const ISSUER = 'https://auth.acme.example'

async function guard (cache, introspect) {
  const app = fastify()
  await app.register(zitadel, { cache, introspect })
  app.get(PATH, { config: { scopes: ['orders:read'] } }, handler)
  await app.ready()
  return (token) => new Promise((resolve) => {
    const [request, response] = createLightPair(`Bearer ${token}`)
    response.onEnd = () => resolve(response.statusCode)
    app.routing(request, response)
  })
}

/** Bytes that cannot be collected, typed arrays included. */
async function heap () {
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setImmediate(resolve))
    globalThis.gc()
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

const randomToken = () => randomBytes(67).toString('base64url').slice(0, 90)

answerQuestions({
  /** Bytes a verdict. */
  verdicts: async (count) => {
    let asked = 0
    const call = await guard({ ttl: 3600, max: count }, () => createIntrospectionResponse(ISSUER, asked++))
    await call(randomToken())
    const before = await heap()
    for (let i = 1; i < count; i++) await call(randomToken())
    const bytes = (await heap() - before) / (count - 1)
    // Called once more, because otherwise all of it could be collected.
    await call(randomToken())
    return { bytes, response: JSON.stringify(createIntrospectionResponse(ISSUER, 0)).length }
  },
  /** Random tokens, among requests of users. */
  flood: async ({ randomTokens, users }) => {
    const known = new Map(Array.from({ length: users }, (_each, number) => [randomToken(), number]))
    let legitimate = 0
    const call = await guard({ ttl: 3600 }, (token) => {
      const number = known.get(token)
      if (number === undefined) return { active: false }
      legitimate++
      return createIntrospectionResponse(ISSUER, number)
    })
    const visit = async () => { for (const token of known.keys()) if (await call(token) !== 200) throw new Error('a user was denied') }
    await visit()
    const before = await heap()
    let most = before
    for (let done = 0; done < randomTokens;) {
      const statuses = await Promise.all(Array.from({ length: 100 }, () => call(randomToken())))
      if (statuses.some((status) => status !== 401)) throw new Error('a random token was accepted')
      done += 100
      if (done % (randomTokens / 100) === 0) await visit()
      if (done % (randomTokens / 20) === 0) most = Math.max(most, await heap())
    }
    return { evicted: legitimate - users, grown: most - before }
  }
})
