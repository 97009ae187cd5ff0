import fastify from 'fastify'
import { PATH, handler } from './route.js'

/** Fastify, without a check of the token. */
export async function start () {
  return fastify().get(PATH, handler)
}
