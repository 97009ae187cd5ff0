import 'reflect-metadata'
import { Controller, Get, Module, Req } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { FastifyAdapter, RouteConfig, type NestFastifyApplication } from '@nestjs/platform-fastify'
import zitadel from 'fastify-zitadel'
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
await app.listen(Number(process.env['PORT'] ?? 3000))
// #endregion bootstrap

console.log(`curl -i -H 'Authorization: Bearer ${await standIn?.issueToken({ roles: ['reader'] }) ?? '$TOKEN'}' ${await app.getUrl()}/orders`)
