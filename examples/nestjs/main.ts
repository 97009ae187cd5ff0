import 'reflect-metadata'
import { Catch, Controller, Get, Module, Req, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { FastifyAdapter, RouteConfig, type NestFastifyApplication } from '@nestjs/platform-fastify'
import zitadel, { ZitadelError } from 'fastify-zitadel'
import { startStandIn } from 'fastify-zitadel/testing'

// #region controller
@Controller('orders')
class OrdersController {
  @Get()
  @RouteConfig({ roles: ['reader'] })
  list (@Req() request: { zitadel: { sub: string } }): object {
    return { customer: request.zitadel.sub, orders: [] }
  }
}
// #endregion controller

// #region filter
@Catch(ZitadelError)
class ZitadelFilter implements ExceptionFilter<ZitadelError> {
  // The plugin has set the status and the headers.
  catch ({ statusCode, code, message }: ZitadelError, host: ArgumentsHost): void {
    host.switchToHttp().getResponse<{ send: (body: object) => void }>().send({ statusCode, code, message })
  }
}
// #endregion filter

@Controller('health')
class HealthController {
  @Get()
  @RouteConfig({ access: 'public' })
  check (): object {
    return { status: 'up' }
  }
}

@Module({ controllers: [OrdersController, HealthController] })
class AppModule {}

// Without ZITADEL_ISSUER, a stand-in for ZITADEL.
const standIn = process.env['ZITADEL_ISSUER'] ? undefined : await startStandIn()
const options = standIn && { issuer: standIn.issuer, credentials: standIn.credentials }

// #region bootstrap
const adapter = new FastifyAdapter()
// Before NestFactory.create, which registers middleware that would run before the guard.
// Nest has a copy of Fastify of its own, so the types of the two differ.
await adapter.register(zitadel as never, { ...options, undeclaredRoutes: 'refused', unmatched: 'protected' } as never)
const app = await NestFactory.create<NestFastifyApplication>(AppModule, adapter)
app.useGlobalFilters(new ZitadelFilter())
await app.listen(Number(process.env['PORT'] ?? 3000))
// #endregion bootstrap

console.log(`curl -i -H 'Authorization: Bearer ${await standIn?.issueToken({ roles: ['reader'] }) ?? '$TOKEN'}' ${await app.getUrl()}/orders`)
