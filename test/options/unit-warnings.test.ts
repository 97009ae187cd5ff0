import t from 'tap'
import Fastify from 'fastify'
import zitadel, { type ZitadelOptions } from '../../lib/index.ts'

async function warnings (options: ZitadelOptions): Promise<string[]> {
  const lines: string[] = []
  const app = Fastify({ logger: { level: 'warn', stream: { write: (line) => { lines.push(JSON.parse(line).msg) } } } })
  await app.register(zitadel, { introspect: () => ({ active: true }), ...options })
  await app.close()
  return lines
}

t.test('an option that is probably in the wrong unit is warned about at start', async (t) => {
  for (const [options, message] of [
    [{ cache: { ttl: 30_000 } }, 'fastify-zitadel: option "cache.ttl" is a number of seconds, and is more than an hour: a revoked token can be accepted that long'],
    [{ cache: { inactiveTtl: 5000 } }, 'fastify-zitadel: option "cache.inactiveTtl" is a number of seconds, and is more than an hour'],
    [{ cache: { maxBytes: 64 } }, 'fastify-zitadel: option "cache.maxBytes" is a number of bytes, and is less than a mebibyte'],
    [{ staleIfError: 600_000 }, 'fastify-zitadel: option "staleIfError" is a number of seconds, and is more than a day'],
    [{ timeout: 3 }, 'fastify-zitadel: option "timeout" is a number of milliseconds, and is less than 50']
  ] as const) t.strictSame(await warnings(options), [message])
})

t.test('usual values, the limits included, are not warned about', async (t) => {
  for (const options of [{}, { cache: false }, { cache: { ttl: 3600, inactiveTtl: 3600, maxBytes: 2 ** 20 }, staleIfError: 86_400, timeout: 50 }] as const) t.strictSame(await warnings(options), [])
})
