import type { FastifyRequest } from 'fastify'
import { createOptionError } from '../errors.ts'
import { getAccessContext, listContexts, type AccessContext } from '../guard/checks/access-context.ts'
import { logDenial } from '../guard/denials/denial-log.ts'
import type { Introspector } from '../verdicts/introspector.ts'
import { toEndReason, type EndReason } from './end-reason.ts'
import type { StreamCounter } from './stream-counter.ts'
import type { StreamWatcher } from './stream-watcher.ts'

export interface OnEndOptions {
  /** Seconds until ZITADEL is asked again about the token, if this process has not asked meanwhile. 0: only after a forget, an event,
   * a logout or a gap, and while this process is cut off from Redis. Default: 60. */
  readonly recheck?: number | undefined
}

/** Calls back when the token of a request ends. Returns a function that cancels. */
export type OnEnd = (request: FastifyRequest, callback: (reason: EndReason) => unknown, options?: OnEndOptions) => () => void

const DEFAULT_RECHECK_SECONDS = 60

/** Milliseconds until a request is watched whose token has ended before: a callback can watch again each time that it is called. */
const WATCH_AGAIN_MS = 100

/** @param findWatcher of the registration that has an introspector */
export function createOnEnd (findWatcher: (introspector: Introspector) => StreamWatcher, counter: StreamCounter): OnEnd {
  const ended = new WeakSet<FastifyRequest>()
  return (request, callback, options = {}) => {
    const context = getAccessContext(request)
    const interval = getInterval(options)
    if (typeof callback !== 'function') throw createOptionError('zitadel.onEnd(): the callback must be a function')
    if (context === undefined) throw createOptionError('zitadel.onEnd(): no token of this request was checked, so none can end. Where a token is optional, look at zitadel.peek(request) first')
    const count = counter.get(request.routeOptions.url)
    const removals: Array<() => void> = []
    const cancel = (): void => {
      if (removals.length > 0) count.recordClose()
      for (const remove of removals.splice(0)) remove()
    }
    const end = (denial: Error): void => {
      cancel()
      ended.add(request)
      const reason = toEndReason(denial)
      count.recordEnd(reason)
      logDenial(request, denial)
      const reportFailure = (error: unknown): void => { request.log.error({ err: error }, 'fastify-zitadel: the callback of zitadel.onEnd() failed') }
      new Promise((resolve) => { resolve(callback(reason)) }).catch(reportFailure)
    }
    const watch = (): void => {
      for (const { introspector, token, verdict } of listTokens(context)) removals.push(findWatcher(introspector).add(token, verdict, { request, interval, end }))
    }
    if (ended.has(request)) {
      const timer = setTimeout(watch, WATCH_AGAIN_MS).unref()
      removals.push(() => clearTimeout(timer))
    } else watch()
    count.recordOpen()
    return cancel
  }
}

/** @returns milliseconds */
function getInterval (options: OnEndOptions): number {
  const isObject = typeof options === 'object' && options !== null
  if (!isObject || Object.keys(options).some((name) => name !== 'recheck')) throw createOptionError('zitadel.onEnd(): the options must be an object { recheck }')
  const { recheck = DEFAULT_RECHECK_SECONDS } = options
  if (typeof recheck !== 'number' || !(recheck >= 0)) throw createOptionError('zitadel.onEnd(): "recheck" must be a number of seconds, at least 0')
  return recheck === 0 ? Infinity : recheck * 1000
}

/** The tokens that allowed a request, for each registration that checked them: mostly one. */
function listTokens (context: AccessContext): AccessContext[] {
  return listContexts(context).filter(({ token, introspector }, index, all) => all.findIndex((each) => each.token === token && each.introspector === introspector) === index)
}
