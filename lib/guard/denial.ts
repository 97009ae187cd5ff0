import type { FastifyReply, FastifyRequest } from 'fastify'
import { ZitadelError } from '../errors.ts'
import { handleUpgradeErrors } from './upgrade.ts'

/** A Fastify hook, and a strategy of @fastify/auth. An error denies the request. */
export type GuardHook = (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => void

/**
 * Sets the status and the headers at once, because a custom error handler may set neither.
 *
 * @param reply undefined for a strategy, which must not change it
 */
export function deny (request: FastifyRequest, reply: FastifyReply | undefined, denial: Error | undefined, done: (error?: Error) => void): void {
  if (reply !== undefined && denial !== undefined) {
    handleUpgradeErrors(request)
    if (denial instanceof ZitadelError) reply.code(denial.statusCode).headers(denial.headers)
  }
  done(denial)
}

/** @fastify/auth sends 401 for every failure without a status, so a user's own error needs one as well. */
export function denyRecheck (request: FastifyRequest, reply: FastifyReply, denial: (Error & { statusCode?: number }) | undefined, done: (error?: Error) => void): void {
  if (denial === undefined) return done()
  reply.code(denial.statusCode ?? 500)
  deny(request, reply, denial, done)
}
