import t from 'tap'
import { startStandIn } from 'fastify-zitadel/testing'
import { buildApi } from '../../examples/websocket/api.ts'
import { needsBrowser, startBrowser } from '../fixtures/docs-browser.ts'
import { SIGNING_KEY, findRecorded, sign } from '../fixtures/recorded-events.ts'

t.test('the WebSocket of a locked user is closed when the webhook arrives', { skip: needsBrowser }, async (t) => {
  const standIn = await startStandIn()
  t.teardown(async () => await standIn.close())
  const app = await buildApi({ issuer: standIn.issuer, credentials: standIn.credentials, events: { path: '/events', signingKey: SIGNING_KEY } })
  t.teardown(async () => await app.close())
  const origin = await app.listen({ host: '127.0.0.1', port: 0 })
  const browser = await startBrowser()
  t.teardown(async () => await browser.close())

  const page = await browser.newPage()
  const sub = '281000000000000001'
  const token = await standIn.issueToken({ sub, roles: ['reader'] })
  const open = async (token: string): Promise<string> => await page.evaluate(async ([url, token]) => await new Promise<string>((resolve) => {
    const socket = new WebSocket(url!, ['bearer', token!])
    Object.assign(globalThis, { socketEnd: new Promise<string>((resolve) => { socket.onclose = ({ code, reason }) => { resolve(`${code} ${reason}`) } }) })
    socket.onmessage = ({ data }) => { resolve(data as string) }
    socket.onerror = () => { resolve('denied') }
  }), [`${origin.replace('http', 'ws')}/feed`, token])

  t.equal(await open('unknown'), 'denied')
  t.equal(await open(token), `hello ${sub}`)
  standIn.deactivateUser(sub)
  const payload = JSON.stringify(findRecorded('user.locked', { aggregateID: sub }))
  const sentAt = performance.now()
  const response = await fetch(`${origin}/events`, { method: 'POST', headers: { 'content-type': 'application/json', 'zitadel-signature': sign(payload, Math.floor(Date.now() / 1000)) }, body: payload })
  t.equal(response.status, 204)
  t.equal(await page.evaluate(async () => await (globalThis as unknown as { socketEnd: Promise<string> }).socketEnd), '4401 revoked')
  t.comment(`${Math.round(performance.now() - sentAt)} ms after the webhook was sent`)
  t.equal(await open(token), 'denied')
})
