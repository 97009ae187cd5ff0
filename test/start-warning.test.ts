import t from 'tap'
import Fastify from 'fastify'
import { warnAtStart } from '../lib/start-warning.ts'

/** The warnings of the process during a run, which are emitted in the next tick. */
async function collectWarnings (run: () => void): Promise<Array<Error & { code?: string }>> {
  const warnings: Error[] = []
  const listen = (warning: Error): void => { warnings.push(warning) }
  process.on('warning', listen)
  run()
  await new Promise(setImmediate)
  process.off('warning', listen)
  return warnings
}

t.test('without a logger, the process is warned, once for each message', async (t) => {
  const warnings = await collectWarnings(() => {
    for (const message of ['a', 'b', 'a']) warnAtStart(Fastify().log, message)
    warnAtStart(Fastify({ logger: false }).log, 'a')
  })
  t.match(warnings, [{ code: 'FST_ZITADEL_WARNING', message: 'fastify-zitadel: a' }, { code: 'FST_ZITADEL_WARNING', message: 'fastify-zitadel: b' }])
  t.equal(warnings.length, 2)
})

t.test('with a logger, the log has the warning each time, unless its level leaves it out', async (t) => {
  const lines: string[] = []
  const stream = { write: (line: string) => { lines.push(JSON.parse(line).msg) } }
  const own = { fatal () {}, error () {}, warn: (text: string) => { lines.push(`own: ${text}`) }, info () {}, debug () {}, trace () {}, silent () {}, child () { return own } }
  t.strictSame(await collectWarnings(() => {
    for (const level of ['info', 'info', 'silent', 'fatal']) warnAtStart(Fastify({ logger: { level, stream } }).log, 'c')
    warnAtStart(Fastify({ loggerInstance: own as never }).log, 'c')
  }), [])
  t.strictSame(lines, ['fastify-zitadel: c', 'fastify-zitadel: c', 'own: fastify-zitadel: c'])
})
