import t from 'tap'
import { createConfig } from '../../lib/options/config.ts'
import { VALID_OPTIONS } from '../fixtures/registration.ts'

const BUN = { ...process.versions, bun: '1.4.5' }

t.test('the server does not start on Bun, whose undici cannot send the requests', async (t) => {
  t.throws(() => createConfig(VALID_OPTIONS, {}, BUN), { code: 'FST_ZITADEL_OPTION', message: /^Bun replaces the package undici .* give the option "introspect"/ })
})

t.test('on Bun, introspect or a dispatcher of the user replaces undici', async (t) => {
  t.doesNotThrow(() => createConfig({ introspect: () => ({ active: false }) }, {}, BUN))
  t.doesNotThrow(() => createConfig({ ...VALID_OPTIONS, dispatcher: { request: (async () => {}) as never } }, {}, BUN))
})

t.test('the server starts on Node.js', async (t) => {
  t.doesNotThrow(() => createConfig(VALID_OPTIONS, {}))
})
