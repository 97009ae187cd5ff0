import zitadel from '../../dist/index.js'
import { testDenials } from './denials.js'

/**
 * A Nest application with one guarded handler. The decorators are applied as functions, so that no compiler is needed.
 * @param {string} name
 * @param {Record<string, any>} nest what the packages of one version of Nest export
 */
export function testNest (name, { Catch, Controller, Get, Module, NestFactory, FastifyAdapter, RouteConfig }) {
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

  const start = (filter) => async (options) => {
    const app = await NestFactory.create(AppModule, new FastifyAdapter(), { logger: false })
    if (filter !== undefined) app.useGlobalFilters(filter)
    await app.register(zitadel, { ...options, undeclaredRoutes: 'refused' })
    await app.listen(0, '127.0.0.1')
    return { url: `${await app.getUrl()}/orders`, close: async () => await app.close() }
  }
  testDenials(`${name}, its own exception filter`, start())
  testDenials(`${name}, a filter for everything`, start(new CatchAll()))
}
