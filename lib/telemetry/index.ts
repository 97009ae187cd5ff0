/**
 * The entry `fastify-zitadel/opentelemetry`: metrics and spans.
 *
 * @packageDocumentation
 */
import { metrics, trace, type MeterProvider, type TracerProvider } from '@opentelemetry/api'
import { getRegistration } from '../registration.ts'
import { createOptionError } from '../errors.ts'
import { instrumentChanges } from './changes.ts'
import { instrumentDecisions } from './decisions.ts'
import { instrumentIntrospections } from './introspections.ts'
import { instrumentState } from './state.ts'
import { createSpanWrapper } from './spans.ts'

/** The options of {@link instrument}. */
export interface InstrumentOptions {
  /** Default: the global provider of `@opentelemetry/api`. */
  readonly meterProvider?: MeterProvider | undefined
  /** Default: the global provider of `@opentelemetry/api`. */
  readonly tracerProvider?: TracerProvider | undefined
}

const SCOPE = 'fastify-zitadel'

/**
 * Records metrics and spans of one registration of the plugin until the returned function is called or the server closes.
 * Call it after the plugin is registered. No attribute has a value that a caller can choose.
 *
 * @param app the instance that has `app.zitadel`
 * @returns a function that ends it
 * @throws ZitadelError `FST_ZITADEL_OPTION` if the plugin is not registered on the instance, or it is instrumented already
 *
 * @example
 * await app.register(zitadel)
 * const end = instrument(app)
 */
export function instrument (app: { readonly zitadel: object }, options: InstrumentOptions = {}): () => void {
  const registration = typeof app?.zitadel === 'object' ? getRegistration(app.zitadel) : undefined
  if (registration === undefined) throw createOptionError('instrument(): "app" must be an instance on which fastify-zitadel is registered: await app.register(zitadel) first')
  if (registration.wrapper !== undefined) throw createOptionError('instrument(): this registration of fastify-zitadel is instrumented already')
  checkInstrumentOptions(options)
  const meter = (options.meterProvider ?? metrics.getMeterProvider()).getMeter(SCOPE)
  const tracer = (options.tracerProvider ?? trace.getTracerProvider()).getTracer(SCOPE)
  registration.wrapper = createSpanWrapper(tracer)
  const ends = [instrumentDecisions, instrumentIntrospections, instrumentChanges, instrumentState].map((instrumentOne) => instrumentOne(meter, registration))
  const end = (): void => {
    if (ends.length === 0) return
    registration.wrapper = undefined
    registration.onClose = undefined
    for (const endOne of ends.splice(0)) endOne()
  }
  registration.onClose = end
  return end
}

/** The options, and the method that each of them must have. */
const PROVIDERS: Readonly<Record<string, string>> = { meterProvider: 'getMeter', tracerProvider: 'getTracer' } satisfies Record<keyof InstrumentOptions, string>

/**
 * Rejects what would be ignored, such as a provider in place of the options: everything would be recorded by a global provider
 * that does nothing. Other members are accepted beside a known one.
 */
function checkInstrumentOptions (options: unknown): void {
  const names = Object.keys(PROVIDERS)
  if (typeof options !== 'object' || options === null) throw createOptionError(`instrument(): the options must be an object { ${names.join(', ')} }`)
  const given = Object.keys(options)
  if (given.length > 0 && !given.some((name) => names.includes(name))) throw createOptionError(`instrument(): none of the options is known: expected ${names.join(' or ')}`)
  for (const [name, method] of Object.entries(PROVIDERS)) {
    const provider = (options as Record<string, Record<string, unknown> | null | undefined>)[name]
    if (provider !== undefined && typeof provider?.[method] !== 'function') throw createOptionError(`instrument(): "${name}" must be a provider with a method ${method}`)
  }
}
