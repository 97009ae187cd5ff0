import fastifyAuth from '@fastify/auth'
import fastify from 'fastify'
import { PATH, handler } from './route.js'

/** A hook and a composition of @fastify/auth that check nothing: what the guard's two steps cost by themselves. */
export async function start () {
  const app = fastify()
  await app.register(fastifyAuth)
  app.addHook('onRequest', (_request, _reply, done) => done())
  const pass = (_request, _reply, done) => done()
  return app.get(PATH, { preHandler: app.auth([pass, pass, pass, pass], { relation: 'and' }) }, handler)
}
