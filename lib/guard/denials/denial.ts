import type { FastifyReply, FastifyRequest } from 'fastify'
import { ZitadelError } from '../../errors.ts'
import { getCheckState, setFailed } from '../checks/check-state.ts'
import { logDenial } from './denial-log.ts'
import { isHandlingError } from './error-hooks.ts'
import { toRequestError } from './request-error.ts'
import { isStrategyDenial, logFailedStrategy, logStrategyDenial } from './strategy-denial.ts'
import { handleUpgradeErrors } from './upgrade.ts'

/** A Fastify hook, and a strategy of @fastify/auth. An error denies the request. */
export type GuardHook = (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => void

/** Ends a check: passes the request on, or denies it. */
export type EndCheck = (request: FastifyRequest, reply: FastifyReply, denial: Error | undefined, done: (error?: Error) => void) => void

/** Ends a check of the guard. Sets the status and the headers of a denial at once, because a custom error handler may set neither. */
export const endCheck: EndCheck = (request, reply, denial, done) => {
  if (denial !== undefined) {
    setFailed(request)
    handleUpgradeErrors(request)
    setFailure(reply, denial)
    logDenial(request, denial)
  }
  done(denial)
}

/** Ends a check of a strategy. Does not change the reply: another strategy may still allow the request. */
export const endStrategyCheck: EndCheck = (request, reply, denial, done) => {
  if (denial !== undefined) logStrategyDenial(request, reply, denial)
  done(denial)
}

/**
 * Ends a request for which something was thrown when a check called back: a hook of the user, or Fastify, which accepts no further
 * error while an `onError` hook runs. If the verdict is cached, Fastify catches it. After an introspection nothing does, and the
 * process would end. If another response is under way, the error is only logged.
 */
export function failRequest (request: FastifyRequest, reply: FastifyReply, thrown: unknown): void {
  const isAnswered = reply.sent || reply.raw.headersSent || getCheckState(request)?.hasFailed === true || isHandlingError(reply)
  setFailed(request)
  const error = toRequestError(thrown)
  if (isAnswered) request.log.error(error, 'fastify-zitadel: an error was thrown when a check of the token called back, and another response is under way')
  else reply.send(error)
}

/**
 * Sets the status and the headers of a failure that a strategy or `app.zitadel` has reported, and that ends the request. Fastify
 * calls this before the error handler. Only now is it certain that no other strategy lets the request in.
 */
export function completeFailure (request: FastifyRequest, reply: FastifyReply, error: Error): void {
  setFailed(request)
  if (!(error instanceof ZitadelError) && !isStrategyDenial(reply, error)) return
  setFailure(reply, error)
  logFailedStrategy(request, reply, error)
}

/**
 * Sets the status and the headers of a failure. The status stays if the error handler answers 500: many do so for each error that
 * they do not know, and so does Fastify if the body does not match the schema of the response. A 500 would say that this API is
 * broken, and a client would not get another token. Any other status of the handler is sent.
 *
 * The failure can also be an error of a user's own function, such as `tokenFrom`.
 */
function setFailure (reply: FastifyReply, failure: Error): void {
  const statusCode = getStatusCode(failure)
  reply.code(statusCode)
  if (failure instanceof ZitadelError) reply.headers(failure.headers)
  const { raw } = reply
  const writeHead = raw.writeHead.bind(raw) as (status: number, ...rest: unknown[]) => typeof raw
  raw.writeHead = ((status: number, ...rest: unknown[]) => writeHead(status === 500 ? statusCode : status, ...rest)) as never
}

/** An error without the status of a failure is a 500, as in Fastify. */
function getStatusCode ({ statusCode }: Error & { readonly statusCode?: unknown }): number {
  return Number.isInteger(statusCode) && (statusCode as number) >= 400 && (statusCode as number) < 600 ? statusCode as number : 500
}
