import type { FastifyInstance } from 'fastify'
import type { Clock } from '../clock.ts'
import type { EventRejection } from '../channels.ts'
import type { EventsConfig } from '../options/events-config.ts'
import type { Registration } from '../registration.ts'
import { PLUGIN_ROUTE } from '../options/route-options.ts'
import type { Reporter } from '../reporter.ts'
import { getTargetKind, type DoubtTarget } from '../zitadel/verdict-target.ts'
import { parseEvent } from './event.ts'
import { EventMemory } from './event-memory.ts'
import { findDoubtTarget } from './event-target.ts'
import { SIGNATURE_HEADER, TOLERANCE_SECONDS, isSignatureValid } from './signature.ts'

export interface EventContext {
  readonly registration: Registration
  readonly reporter: Reporter
  readonly clock: Clock
  /** Makes verdicts doubtful. */
  readonly doubt: (target: DoubtTarget) => void
}

/** ZITADEL's largest event is one of metadata, which can have 500 KB. */
const MAX_BODY_BYTES = 1_048_576

const REJECTIONS: Readonly<Record<EventRejection, { readonly status: number, readonly message: string }>> = {
  signature: { status: 401, message: `a webhook was rejected, because its signature is missing, wrong, or more than ${TOLERANCE_SECONDS / 60} minutes from now: check the option "events.signingKey", and the clock` },
  malformed: { status: 400, message: 'a webhook was rejected, because it is no event: the payload type of the target must be JSON' },
  'other-instance': { status: 401, message: 'a webhook of another instance was rejected: check the option "events.instanceId"' },
  replay: { status: 409, message: 'a webhook was rejected, because it was delivered before' }
}

/**
 * Serves the route for ZITADEL's event webhooks. It needs no token, because the webhooks are signed, and it is in no OpenAPI
 * document. It answers 204 for every valid event, also for one that changes nothing: ZITADEL tries once.
 *
 * @returns a function that returns the milliseconds since the last valid event, or since the start
 */
export function serveEvents (app: FastifyInstance, { path, signingKeys, instanceId }: EventsConfig, { registration, reporter, clock, doubt }: EventContext): () => number {
  const memory = new EventMemory(instanceId)
  let lastAt = clock.monotonic()
  const receive = (signature: unknown, body: Buffer): EventRejection | undefined => {
    if (!isSignatureValid(signature, body, signingKeys, clock.wall())) return 'signature'
    const event = parseEvent(body)
    if (event === undefined) return 'malformed'
    if (memory.recordInstance(event)) return 'other-instance'
    if (memory.recordDelivery(event, clock.monotonic())) return 'replay'
    lastAt = clock.monotonic()
    const missed = memory.record(event)
    const target = findDoubtTarget(event, memory)
    if (target !== undefined) doubt(target)
    registration.publishEvent({ outcome: target === undefined ? 'ignored' : 'applied', reason: undefined, target: target && getTargetKind(target), missed })
    return undefined
  }
  app.register(async function fastifyZitadelEvents (scope) {
    // The signature covers the bytes, for any declared type.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: MAX_BODY_BYTES }, (_request, body, done) => { done(null, body) })
    scope.post(path, { config: { access: 'public', [PLUGIN_ROUTE]: true } as object, schema: { hide: true } as object, bodyLimit: MAX_BODY_BYTES }, async (request, reply) => {
      const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
      const rejection = receive(request.headers[SIGNATURE_HEADER], body)
      if (rejection === undefined) return await reply.code(204).send()
      const { status, message } = REJECTIONS[rejection]
      reporter.report('warn', 'FST_ZITADEL_EVENT', message)
      registration.publishEvent({ outcome: 'rejected', reason: rejection, target: undefined, missed: 0 })
      return await reply.code(status).send()
    })
  })
  return () => clock.monotonic() - lastAt
}
