import t from 'tap'
import type { FastifyRequest } from 'fastify'
import { ZitadelError } from '../../lib/errors.ts'
import { getAccessContext, setAccessContext } from '../../lib/guard/checks/access-context.ts'
import { ANY_ACTIVE_TOKEN } from '../../lib/guard/rules/requirement.ts'
import { createOnEnd, type OnEnd } from '../../lib/streams/on-end.ts'
import type { Introspector } from '../../lib/verdicts/introspector.ts'
import { toEndReason } from '../../lib/streams/end-reason.ts'
import { StreamCounter } from '../../lib/streams/stream-counter.ts'
import type { StreamWatcher } from '../../lib/streams/stream-watcher.ts'
import type { Stream } from '../../lib/streams/watched-token.ts'
import { createIntrospectedVerdict } from '../fixtures/verdict.ts'

interface World {
  readonly onEnd: OnEnd
  readonly counter: StreamCounter
  /** What is watched, with its token. */
  readonly watched: Map<Stream, string>
  /** The verdicts that were watched. */
  readonly verdicts: unknown[]
  readonly logged: unknown[][]
  readonly createRequest: (url?: string, ...tokens: string[]) => FastifyRequest
}

function create (): World {
  const watched = new Map<Stream, string>()
  const verdicts: unknown[] = []
  const logged: unknown[][] = []
  const counter = new StreamCounter()
  const watcher = {
    add: (token: string, verdict: unknown, stream: Stream) => {
      watched.set(stream, token)
      verdicts.push(verdict)
      return () => { watched.delete(stream) }
    }
  } as unknown as StreamWatcher
  const log = { error: (...args: unknown[]) => { logged.push(args) }, info: () => {} }
  const introspector = {} as Introspector
  const createRequest = (url?: string, ...tokens: string[]): FastifyRequest => {
    const request = { routeOptions: { url }, log } as unknown as FastifyRequest
    tokens.reduce<undefined | Parameters<typeof setAccessContext>[1]>((previous, token) => {
      const context = { token, verdict: createIntrospectedVerdict({ active: true }), introspector, requirement: ANY_ACTIVE_TOKEN, checkedAt: 0, previous, isPassing: false }
      setAccessContext(request, context)
      return context
    }, undefined)
    return request
  }
  return { onEnd: createOnEnd(() => watcher, counter), counter, watched, verdicts, logged, createRequest }
}

const deny = (reason: 'token_expired' | 'token_inactive'): ZitadelError => Object.assign(new ZitadelError('FST_ZITADEL_INVALID_TOKEN', 401, reason), { reason })

t.test('the reason of an end follows from the denial', async (t) => {
  t.equal(toEndReason(deny('token_expired')), 'expired')
  t.equal(toEndReason(deny('token_inactive')), 'revoked')
  t.equal(toEndReason(new ZitadelError('FST_ZITADEL_INSUFFICIENT_SCOPE', 403, '')), 'forbidden')
  t.equal(toEndReason(Object.assign(new Error(), { code: 'FST_ZITADEL_INVALID_TOKEN' })), 'forbidden')
})

t.test('streams are counted by route: those that are open, and those that have ended for each reason', async (t) => {
  const { onEnd, counter, watched, createRequest } = create()
  const reasons: string[] = []
  const open = (url?: string): (() => void) => onEnd(createRequest(url, 'token'), (reason) => { reasons.push(reason) })
  const cancel = open('/a')
  t.same([...counter.list()], [{ route: '/a', open: 1, ended: { expired: 0, revoked: 0, forbidden: 0 } }])
  for (let count = 0; count < 3; count++) open('/a')
  open(undefined)
  const [first, second, third, fourth, fifth] = [...watched.keys()] as [Stream, Stream, Stream, Stream, Stream]
  cancel()
  cancel()
  t.notOk(watched.has(first))
  second.end(deny('token_expired'))
  third.end(deny('token_inactive'))
  fourth.end(new Error())
  fifth.end(new Error())
  await new Promise(setImmediate)
  t.same([...counter.list()], [{ route: '/a', open: 0, ended: { expired: 1, revoked: 1, forbidden: 1 } }, { route: undefined, open: 0, ended: { expired: 0, revoked: 0, forbidden: 1 } }])
  t.same(reasons, ['expired', 'revoked', 'forbidden', 'forbidden'])
  t.equal(watched.size, 0)
})

t.test('a request with several tokens is one stream', async (t) => {
  const { onEnd, counter, watched, verdicts, createRequest } = create()
  const request = createRequest('/a', 'a', 'b', 'a')
  const { verdict, previous } = getAccessContext(request)!
  const cancel = onEnd(request, () => {})
  t.same([...watched.values()].sort(), ['a', 'b'])
  t.ok(verdicts.includes(verdict) && verdicts.includes(previous!.verdict) && verdicts.length === 2, 'the latest of each')
  t.equal([...counter.list()][0]!.open, 1)
  cancel()
  t.equal(watched.size, 0)
  t.equal([...counter.list()][0]!.open, 0)
})

t.test('a request whose token has ended is watched again after 100 ms, unless that is cancelled', async (t) => {
  const { onEnd, counter, watched, createRequest } = create()
  const request = createRequest('/a', 'token')
  onEnd(request, () => {})
  for (const stream of watched.keys()) stream.end(deny('token_inactive'))
  const cancel = onEnd(request, () => {})
  onEnd(request, () => {})
  t.equal(watched.size, 0)
  t.equal([...counter.list()][0]!.open, 2)
  cancel()
  await new Promise((resolve) => setTimeout(resolve, 50))
  t.equal(watched.size, 0)
  await new Promise((resolve) => setTimeout(resolve, 70))
  t.equal(watched.size, 1)
  t.equal([...counter.list()][0]!.open, 1)
})

t.test('the interval is given in seconds: 60 by default, and none with 0', async (t) => {
  const { onEnd, watched, createRequest } = create()
  for (const options of [undefined, {}, { recheck: undefined }, { recheck: 0.5 }, { recheck: 0 }, { recheck: Infinity }]) onEnd(createRequest('/a', 'token'), () => {}, options)
  t.same([...watched.keys()].map(({ interval }) => interval), [60_000, 60_000, 60_000, 500, Infinity, Infinity])
})

t.test('wrong arguments are refused with a message that names them, and are not counted', async (t) => {
  const { onEnd, counter, createRequest } = create()
  const request = createRequest('/a', 'token')
  const code = 'FST_ZITADEL_OPTION'
  t.throws(() => onEnd(request, 'callback' as never), { code, message: /: the callback must be a function$/ })
  for (const recheck of ['60', -1, Number.NaN, null]) t.throws(() => onEnd(request, () => {}, { recheck: recheck as never }), { code, message: /: "recheck" must be a number of seconds, at least 0$/ })
  t.throws(() => onEnd(createRequest('/a'), () => {}), { code, message: /: no token of this request was checked/ })
  t.same([...counter.list()], [])
})

t.test('a callback that fails is logged', async (t) => {
  const { onEnd, watched, logged, createRequest } = create()
  const error = new Error('the callback')
  for (const callback of [() => { throw error }, async () => { throw error }]) onEnd(createRequest('/a', 'token'), callback)
  for (const stream of [...watched.keys()]) stream.end(new Error())
  await new Promise(setImmediate)
  const line = [{ err: error }, 'fastify-zitadel: the callback of zitadel.onEnd() failed']
  t.same(logged, [line, line])
})
