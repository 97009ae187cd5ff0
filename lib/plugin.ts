import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { Registration } from './registration.ts'
import { createConfig } from './options/config.ts'
import { ACCESS_CONTEXT, getActiveToken } from './guard/checks/access-context.ts'
import { CHECK_STATE } from './guard/checks/check-state.ts'
import { createDecisionPublisher } from './guard/decision.ts'
import { completeFailure, type GuardHook } from './guard/denials/denial.ts'
import { Guard } from './guard/guard.ts'
import { holdBeforeHandlers } from './guard/handler-hold.ts'
import { restoreHookName } from './guard/routes/guarded-routes.ts'
import { registerGuard } from './guard/routes/guard-registry.ts'
import { collectDeclaredRoutes } from './guard/routes/route-hooks.ts'
import { checkRegistration, markDecorator } from './guard/startup/registration-conflicts.ts'
import { checkRoutesAtStartup } from './guard/startup/startup-checks.ts'
import { checkHooksWhenReady } from './guard/startup/strategy-hooks.ts'
import { checkUnmatchedRequests } from './guard/startup/unmatched-requests.ts'
import { closeDeniedUpgrade } from './guard/denials/upgrade.ts'
import { systemClock, type Clock } from './clock.ts'
import { Introspector } from './verdicts/introspector.ts'
import { Reporter } from './reporter.ts'
import { keepTickObject } from './tick-object.ts'
import { openIntrospectionSource } from './source/open-introspection-source.ts'
import { verifyOnStart } from './source/verify-on-start.ts'
import type { ZitadelOptions } from './options/plugin-options.ts'
import { listOptionWarnings } from './options/option-warnings.ts'
import { createDecorator, type Zitadel } from './decorator.ts'
import { createOpenapi } from './openapi/openapi.ts'
import { createAuthInfoReader } from './resource/auth-info.ts'
import { createToolChecks } from './resource/tool-checks.ts'
import { createResourceFinder } from './guard/checks/resource-finder.ts'
import { serveEvents } from './events/events-route.ts'
import { createOnEnd } from './streams/on-end.ts'
import { StreamCounter } from './streams/stream-counter.ts'
import { StreamWatcher } from './streams/stream-watcher.ts'
import { serveLogout } from './logout/logout-route.ts'
import { serveResourceMetadata } from './resource/metadata-routes.ts'
import { warnAtStart } from './start-warning.ts'

keepTickObject()

/** The watchers of all registrations: a route can use a strategy of another one. */
const watchers = new WeakMap<Introspector, StreamWatcher>()

/**
 * Creates the plugin with a clock.
 *
 * @param pollInterval milliseconds between two checks of a key file
 */
export function createPlugin (clock: Clock, pollInterval?: number): FastifyPluginAsync<ZitadelOptions> {
  return fp(async (app: FastifyInstance, options: ZitadelOptions) => {
    checkRegistration(app)
    const config = createConfig(options, process.env)
    const reporter = new Reporter(app.log, clock)
    const registration = new Registration()
    const source = await openIntrospectionSource(config, clock, reporter, registration, pollInterval)
    for (const warning of listOptionWarnings(config)) warnAtStart(app.log, warning)
    app.addHook('onClose', async function fastifyZitadelOnClose () {
      registration.onClose?.()
      streams.close()
      await introspector.close()
      await source.close()
      reporter.flush()
    })
    verifyOnStart(app, config, source, registration)
    const introspector = new Introspector(source.introspect, config, {
      ...config.cache,
      sharedCache: source.sharedCache,
      staleIfError: config.staleIfError,
      listener: { onOutdated: (target) => streams.onOutdated(target), onVerdict: (key, verdict) => streams.onVerdict(key, verdict), onCutOff: (maxAge) => streams.onCutOff(maxAge) },
      onStale: () => reporter.report('warn', 'FST_ZITADEL_STALE', 'ZITADEL cannot be reached: verdicts are used past their ttl (option "staleIfError")'),
      onForget: (report) => registration.publishForget({ ...report, sub: config.publishSub ? report.sub : undefined })
    }, clock)
    const guard = new Guard(config, introspector, clock, createDecisionPublisher(registration.id, config.publishSub, clock.monotonic), createToolChecks)
    const streams = new StreamWatcher({ introspector, check: guard.checkContext, isBusy: () => source.readState().queued > 0 }, clock)
    watchers.set(introspector, streams)
    const streamCounter = new StreamCounter()
    const readAuthInfo = createAuthInfoReader(createResourceFinder(config.resources))
    const authInfo: Zitadel['authInfo'] = (request, { token = false } = {}) => readAuthInfo(request, token)

    const openapi = createOpenapi(app, config)
    const decorator = Object.freeze({
      ...createDecorator(config, guard, introspector, clock.wall),
      authInfo,
      onEnd: createOnEnd((owner) => watchers.get(owner)!, streamCounter),
      check: source.check,
      reload: source.reload,
      openapi: openapi.createDocs
    })
    markDecorator(decorator)
    let readEventSilence: (() => number) | undefined
    registration.complete(decorator, () => ({
      ...source.readState(),
      ...introspector.counts,
      isSharedCacheHealthy: source.sharedCache?.isHealthy,
      pendingForgets: source.sharedCache?.pendingForgets,
      eventSilence: readEventSilence?.(),
      receivesLogouts: config.backChannelLogout !== undefined,
      streams: streamCounter.list()
    }))
    app.decorate('zitadel', decorator)
    app.decorateRequest(ACCESS_CONTEXT, undefined)
    app.decorateRequest(CHECK_STATE, undefined)
    // A getter also works in scopes that were created before the plugin was registered.
    app.decorateRequest('zitadel', { getter () { return getActiveToken(this)! } })

    const onRequest: GuardHook = (request, reply, done) => guard.onRequest(request, reply, done)
    Object.defineProperty(onRequest, 'name', { value: registerGuard(app.server, config) })
    openapi.watchPages()
    checkRoutesAtStartup(app, onRequest.name, config)
    openapi.watchRoutes()
    const declared = collectDeclaredRoutes(app)
    checkHooksWhenReady(app, declared)
    holdBeforeHandlers(app, declared)
    checkUnmatchedRequests(app, config)
    app.addHook('onRequest', onRequest)
    // Fastify adds the hook in a later step, after those that are queued already.
    app.after(() => restoreHookName(app, onRequest.name))
    app.addHook('preHandler', function fastifyZitadelPreHandler (request, reply, done) {
      guard.secondCheck(request, reply, done)
    })
    app.addHook('onError', function fastifyZitadelOnError (request, reply, error, done) {
      completeFailure(request, reply, error)
      closeDeniedUpgrade(request, reply)
      done()
    })
    if (config.resources.length > 0) serveResourceMetadata(app, config.resources, config.issuer!)
    const context = { registration, reporter, clock }
    if (config.events !== undefined) readEventSilence = serveEvents(app, config.events, { ...context, doubt: (target) => introspector.doubt(target, 'event') })
    if (config.backChannelLogout !== undefined) {
      serveLogout(app, config.backChannelLogout, { ...context, issuer: config.issuer!, fetchKeys: source.fetchKeys!, doubt: (target) => introspector.doubt(target, 'logout') })
    }
  }, { name: 'fastify-zitadel', fastify: '>=5 <7' })
}

export default createPlugin(systemClock)
