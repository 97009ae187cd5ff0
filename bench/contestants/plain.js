import fastify from 'fastify'
import { PATH, handler } from './route.js'

/** Fastify, and nobody who looks at the token. */
export async function start () {
  return fastify().get(PATH, handler)
}
