import { fastifyAuth } from '@fastify/auth'
import type { FastifyInstance, preHandlerHookHandler } from 'fastify'
import type { GuardHook } from './denials/denial.ts'

/** Only what @fastify/auth decorates: it is not registered, because the app may register its own, before or after. */
const host = { decorate (name: string, value: unknown) { Object.assign(this, { [name]: value }) } } as unknown as FastifyInstance
fastifyAuth(host, {}, () => {})

/** Composes strategies with @fastify/auth. All of them must pass. */
export function composeStrategies (strategies: readonly GuardHook[]): GuardHook {
  const composed = host.auth([...strategies] as never, { relation: 'and' }) as preHandlerHookHandler
  return (request, reply, done) => {
    // @fastify/auth sets 200 if the strategies pass. A status that was set before must stay.
    const { statusCode } = reply
    if (statusCode < 400) return composed.call(host, request, reply, done)
    composed.call(host, request, reply, (error) => {
      if (error === undefined) reply.code(statusCode)
      done(error)
    })
  }
}
