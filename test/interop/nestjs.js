import assert from 'node:assert/strict'
import { test } from 'node:test'
import zitadel, { ZitadelError } from '../../dist/index.js'
import { startStandIn } from '../../dist/testing/index.js'
import { testDenials } from './denials.js'

/**
 * A Nest application with one guarded handler. The decorators are applied as functions, so that no compiler is needed.
 * @param {string} name
 * @param {Record<string, any>} nest what the packages of one version of Nest export
 */
export function testNest (name, { Catch, Controller, Get, HttpException, Module, NestFactory, FastifyAdapter, RouteConfig }) {
  class OrdersController {
    list () { return [] }
  }
  const descriptor = Object.getOwnPropertyDescriptor(OrdersController.prototype, 'list')
  Get('orders')(OrdersController.prototype, 'list', descriptor)
  RouteConfig({ roles: ['reader'] })(OrdersController.prototype, 'list', descriptor)
  Controller()(OrdersController)
  class AppModule {}
  Module({ controllers: [OrdersController] })(AppModule)

  // As docs/nestjs.md shows it.
  class CatchAll {
    catch (exception, host) { host.switchToHttp().getResponse().status(exception.getStatus?.() ?? exception.statusCode ?? 500).send({}) }
  }
  Catch()(CatchAll)

  // As the documentation of NestJS shows it: it does not know the errors of plugins of Fastify.
  class DocumentedCatchAll {
    catch (exception, host) {
      const status = exception instanceof HttpException ? exception.getStatus() : 500
      host.switchToHttp().getResponse().status(status).send({ statusCode: status })
    }
  }
  Catch()(DocumentedCatchAll)

  // As docs/nestjs.md shows it.
  class ZitadelFilter {
    catch ({ statusCode, code, message }, host) { host.switchToHttp().getResponse().send({ statusCode, code, message }) }
  }
  Catch(ZitadelError)(ZitadelFilter)

  const start = (...filters) => async (options) => {
    const app = await NestFactory.create(AppModule, new FastifyAdapter(), { logger: false })
    app.useGlobalFilters(...filters)
    await app.register(zitadel, { ...options, undeclaredRoutes: 'refused' })
    await app.listen(0, '127.0.0.1')
    return { url: `${await app.getUrl()}/orders`, close: async () => await app.close() }
  }
  testDenials(`${name}, its own exception filter`, start())
  testDenials(`${name}, a filter for everything`, start(new CatchAll()))
  testDenials(`${name}, the filter for everything of its documentation`, start(new DocumentedCatchAll()))
  testDenials(`${name}, a filter for ZitadelError, and one for everything`, start(new DocumentedCatchAll(), new ZitadelFilter()))

  class QueuesModule {
    configure (consumer) { consumer.apply((_request, response) => response.end('jobs')).forRoutes('queues') }
  }
  Module({})(QueuesModule)

  test(`${name}: with the plugin on the adapter first, middleware gets only requests with an active token`, async (t) => {
    const standIn = await startStandIn()
    t.after(async () => await standIn.close())
    const options = { issuer: standIn.issuer, credentials: standIn.credentials }
    const lines = []
    const adapter = new FastifyAdapter({ logger: { level: 'warn', stream: { write: (line) => lines.push(line) } } })
    await adapter.register(zitadel, { ...options, unmatched: 'protected' })
    const app = await NestFactory.create(QueuesModule, adapter, { logger: false })
    t.after(async () => await app.close())
    await app.listen(0, '127.0.0.1')
    const get = async (token) => (await fetch(`${await app.getUrl()}/queues`, { headers: token === undefined ? {} : { authorization: `Bearer ${token}` } })).status
    assert.equal(await get(), 401)
    assert.equal(await get('unknown'), 401)
    assert.equal(await get(await standIn.issueToken({})), 200)
    assert.deepEqual(lines, [])
  })
}
