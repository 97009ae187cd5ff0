import { SpanKind, SpanStatusCode, context, trace, type Tracer } from '@opentelemetry/api'
import type { IntrospectionWrapper } from '../registration.ts'
import { getIntrospectionAttributes } from './attributes.ts'

/**
 * Creates a span around each introspection, as a child of the active span: the request that caused it. The HTTP requests to
 * ZITADEL are its children, if undici is instrumented. An inactive token is no error; an outage is.
 */
export function createSpanWrapper (tracer: Tracer): IntrospectionWrapper {
  return async (message, run) => {
    const span = tracer.startSpan('zitadel introspection', { kind: SpanKind.INTERNAL, attributes: { 'fastify_zitadel.token.known': message.wasActive } })
    try {
      return await context.with(trace.setSpan(context.active(), span), run)
    } finally {
      span.setAttributes({ ...getIntrospectionAttributes(message), 'fastify_zitadel.introspection.requests': message.requests })
      // The reason is our own text, as in the log.
      if (message.outcome === 'failed') span.setStatus({ code: SpanStatusCode.ERROR, message: message.reason! })
      span.end()
    }
  }
}
