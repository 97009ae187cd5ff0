import t from 'tap'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '../../lib/clock.ts'
import { startStandIn } from '../../lib/testing/index.ts'
import { createAnswer, startFaultProxy, type Mode } from '../fixtures/fault-proxy.ts'
import { startTestApp } from '../fixtures/test-app.ts'

const OUTAGES: Array<[title: string, mode: Mode]> = [
  ['resets connections', 'rst-on-connect'],
  ['answers 503', createAnswer(503, '')],
  ['does not answer', 'silence']
]

t.test('if ZITADEL', { jobs: 3 }, async (t) => {
  for (const [title, mode] of OUTAGES) {
    t.test(`${title}, then at most one probe per second is sent, and callers are served within 1 s after the end of the outage`, async (t) => {
      const standIn = await startStandIn()
      t.teardown(() => standIn.close())
      const proxy = await startFaultProxy(t, standIn.address)
      // Retries would count as probes here.
      const { get } = await startTestApp(t, { issuer: standIn.issuer, address: proxy.origin, credentials: standIn.credentials, retry: false, timeout: 1500 }, systemClock)
      const token = await standIn.issueToken()
      proxy.mode = mode
      await Promise.all(Array.from({ length: 5 }, async () => await get(await standIn.issueToken())))
      const opened = performance.now()
      const before = proxy.requests()
      const callers: Array<Promise<unknown>> = []
      while (performance.now() - opened < 2500) {
        callers.push(get(await standIn.issueToken()))
        await sleep(50)
      }
      const seconds = (performance.now() - opened) / 1000
      const probes = proxy.requests() - before
      t.ok(probes <= Math.ceil(seconds) + 1, `${probes} probes in ${seconds} s`)
      proxy.mode = 'pass'
      const back = performance.now()
      // Each caller has a request of its own.
      const served = new Promise<number>((resolve) => {
        const timer = setInterval(() => {
          get(token).then(({ status }) => {
            if (status !== 200) return
            clearInterval(timer)
            resolve(performance.now() - back)
          }).catch(t.bailout)
        }, 50)
      })
      const milliseconds = await served
      // 1 s, the interval of the callers, and a margin for a busy machine.
      t.ok(milliseconds < 1400, `${Math.round(milliseconds)} ms`)
      await Promise.all(callers)
    })
  }
})
