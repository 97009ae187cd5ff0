/** Contestant -> its name in the tables. A contestant is a file, the kind of token, and a variant. */
export const NAMES = {
  'plain:opaque': 'plain Fastify, opaque token',
  'guard:opaque': '**fastify-zitadel**, opaque token',
  'guard-metrics:opaque': '**fastify-zitadel** with OpenTelemetry metrics, opaque token',
  'guard-strategy:opaque': '**fastify-zitadel** as a strategy of the app\'s own `app.auth`, opaque token',
  'empty:opaque': 'an empty onRequest hook and @fastify/auth with four empty strategies, opaque token',
  'plain:jwt': 'plain Fastify, JWT',
  'guard:jwt': '**fastify-zitadel**, JWT',
  'guard-strategy:jwt': '**fastify-zitadel** as a strategy of the app\'s own `app.auth`, JWT',
  'empty:jwt': 'an empty onRequest hook and @fastify/auth with four empty strategies, JWT',
  'fastify-jwt:jwt:cache': '@fastify/jwt with its cache',
  'fastify-jwt:jwt': '@fastify/jwt',
  'fastify-jwt-jwks:jwt': 'fastify-jwt-jwks',
  'auth0-fastify-api:jwt': '@auth0/auth0-fastify-api',
  'jose:jwt': 'jose\'s `jwtVerify` in a hook',
  'express-plain:jwt': 'plain Express, JWT',
  'express-oauth2-jwt-bearer:jwt': 'Express with express-oauth2-jwt-bearer'
}

export const CACHED_JWT = 'fastify-jwt:jwt:cache'

/** Left out over sockets: what metrics add is less than two processes differ by. */
export const WITH_METRICS = 'guard-metrics:opaque'

/** The contestants that do the same work as the guard. */
export const PEERS = ['fastify-jwt:jwt:cache', 'fastify-jwt:jwt', 'fastify-jwt-jwks:jwt', 'auth0-fastify-api:jwt', 'jose:jwt', 'express-oauth2-jwt-bearer:jwt']

/** What a contestant is compared with: its framework without it, with the same `Authorization` header. */
export function getBareFramework (contestant) {
  if (contestant.startsWith('express-')) return 'express-plain:jwt'
  return contestant.split(':')[1] === 'opaque' ? 'plain:opaque' : 'plain:jwt'
}
