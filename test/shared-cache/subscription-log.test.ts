import t from 'tap'
import { systemClock } from '../../lib/clock.ts'
import { SharedCacheLog } from '../../lib/shared-cache/shared-cache-log.ts'
import { logCutOff, logInvalidMessage, logNotDelivered } from '../../lib/shared-cache/subscription-log.ts'

t.test('each fault of the subscription has a line of its own, with the bound that follows from the ttl', async (t) => {
  const lines: Array<[level: string, fields: object, message: string]> = []
  const write = (level: string) => (fields: object, message: string): void => { lines.push([level, fields, message]) }
  const log = new SharedCacheLog({ warn: write('warn'), info: write('info') }, systemClock)
  const code = 'FST_ZITADEL_SHARED_SUBSCRIPTION'
  logNotDelivered(log)
  logInvalidMessage(log)
  logCutOff(log, true, 5000, 10_001)
  logCutOff(log, false, 5000, 10_000)
  t.match(lines, [
    ['warn', { code, reason: 'NOT_DELIVERED' }, /^fastify-zitadel: Redis does not deliver what other processes forget/],
    ['warn', { code, reason: 'INVALID_MESSAGE' }, /^fastify-zitadel: a message through Redis is larger/],
    ['warn', { code, reason: 'CUT_OFF' }, /^fastify-zitadel: for 5 s, no message .* for up to 11 s$/],
    ['info', { code, reason: 'RECEIVING' }, /^fastify-zitadel: messages of other processes arrive again/]
  ])
})
