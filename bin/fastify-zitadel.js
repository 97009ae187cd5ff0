#!/usr/bin/env node
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { watchEarlyExit } from '../dist/cli/early-exit.js'
import { run } from '../dist/cli/run.js'

const writeError = (text) => { process.stderr.write(text) }
const complete = watchEarlyExit(process, writeError)
const status = await run(process.argv.slice(2), {
  env: process.env,
  input: process.stdin,
  write: (text) => { process.stdout.write(text) },
  writeError,
  packageFolder: fileURLToPath(new URL('..', import.meta.url)),
  isColored: process.stdout.isTTY === true && !process.env.NO_COLOR,
  wait: (milliseconds, signal) => wait(milliseconds, undefined, { signal }),
  untilInterrupted: async () => await new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => resolve())
  })
})

complete()
// A server file that was loaded may hold the process: a server that listens, a connection. What was written must arrive first.
process.stdout.write('', () => process.stderr.write('', () => process.exit(status)))
