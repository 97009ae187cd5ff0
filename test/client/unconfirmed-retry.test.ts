import t from 'tap'
import { Readable } from 'node:stream'
import { Deadline } from '../../lib/client/deadline.ts'
import { Transport } from '../../lib/client/transport.ts'
import { clientSecretBasic } from '../../lib/oauth/client-authentication.ts'
import { systemClock } from '../../lib/clock.ts'

t.test('an inactive response about a known token is confirmed although the circuit has opened meanwhile', async (t) => {
  const bodies = ['{"active":false}', '{"active":true}']
  const sender = { request: async () => ({ statusCode: 200, headers: {}, body: Readable.from([Buffer.from(bodies.shift()!)]) }) }
  const transport = new Transport(clientSecretBasic('1', 'x'), { issuer: 'https://a.example', endpoint: { origin: 'https://a.example', path: '/', headers: {} }, sender, retry: true, limiter: { consume: () => {} } as never }, systemClock)
  const response = await transport.send({ token: 'x', onSend: () => {}, onUnconfirmed: () => {}, deadline: new Deadline(), isRetryPointless: () => true })
  t.same(response.body, { active: true })
})
