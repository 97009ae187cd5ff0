import { startStandIn } from 'fastify-zitadel/testing'
import { buildApi } from './api.ts'
import { runSteps } from './demo-steps.ts'

const port = Number(process.env['PORT'] ?? 0)
const once = process.argv.includes('--once')

if (process.env['ZITADEL_ISSUER']) {
  const app = await buildApi()
  const url = await app.listen({ port })
  console.log(`\nGuarded by ${process.env['ZITADEL_ISSUER']}, until Ctrl-C. With a token of yours:\n`)
  console.log(`curl -i -H "Authorization: Bearer $TOKEN" ${url}/me`)
  untilInterrupted(() => app.close())
} else {
  const standIn = await startStandIn()
  const app = await buildApi({ issuer: standIn.issuer, credentials: standIn.credentials }, false)
  const url = await app.listen({ port })
  const { passed, curls } = await runSteps(url, standIn)
  const close = async (): Promise<void> => {
    await app.close()
    await standIn.close()
  }
  if (once) {
    await close()
    process.exitCode = passed ? 0 : 1
  } else {
    console.log(`\nThe API is up at ${url}, until Ctrl-C. Try it:\n\n${curls.join('\n\n')}\n`)
    untilInterrupted(close)
  }
}

function untilInterrupted (close: () => Promise<void>): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => { close().then(() => process.exit(0), () => process.exit(1)) })
  }
}
