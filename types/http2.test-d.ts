import fastifyAuth from '@fastify/auth'
import Fastify from 'fastify'
import zitadel from '../lib/index.ts'

const handler = async (): Promise<string> => 'served'

const http2 = Fastify({ http2: true })
await http2.register(zitadel, {})
http2.addHook('onRequest', http2.zitadel.require())
http2.get('/', { config: { access: 'own' }, onRequest: http2.zitadel.require({ roles: ['admin'] }) }, handler)
http2.get('/', async (request) => http2.zitadel.peek(request)?.sub ?? request.zitadel.sub)
await http2.register(fastifyAuth)
http2.auth([http2.zitadel.require()])

const http2Secure = Fastify({ http2: true, https: {} })
await http2Secure.register(zitadel, {})
http2Secure.get('/', { config: { access: 'own' }, preHandler: [http2Secure.zitadel.require()] }, handler)
http2Secure.get('/', async (request) => http2Secure.zitadel.peek(request)?.sub ?? request.zitadel.sub)

const https = Fastify({ https: {} })
await https.register(zitadel, {})
https.get<{ Params: { id: string } }>('/:id', { config: { access: 'own' }, onRequest: https.zitadel.require() }, async (request) => https.zitadel.peek(request)?.sub ?? request.params.id)
