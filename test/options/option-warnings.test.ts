import t from 'tap'
import Fastify from 'fastify'
import zitadel, { type ZitadelOptions } from '../../lib/index.ts'
import { createConfig } from '../../lib/options/config.ts'
import { listOptionWarnings } from '../../lib/options/option-warnings.ts'
import { CLOCK_SKEW_MS } from '../../lib/shared-cache/clock-skew.ts'

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

t.test('a shared cache beside a ttl that is too short to share is warned about', async (t) => {
  const client = { duplicate () { return this }, on () {}, call: async () => 'OK', status: 'ready' } as never
  const findFor = (ttl: number, shared: boolean): string[] => listOptionWarnings(createConfig({ introspect: () => ({ active: true }), cache: { ttl, ...shared && { shared: { client } } } }, {}))
  const seconds = CLOCK_SKEW_MS / 1000
  t.match(findFor(seconds, true), [/^option "cache\.ttl" is 5 seconds or less, so processes share no responses through "cache\.shared"/])
  t.strictSame(findFor(seconds + 0.001, true), [])
  t.strictSame(findFor(seconds, false), [])
})
