#!/usr/bin/env node
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { watchEarlyExit } from '../dist/cli/early-exit.js'
import { openOutput } from '../dist/cli/output.js'
import { run } from '../dist/cli/run.js'

const { write, writeError, end } = openOutput({ stdout: process.stdout, stderr: process.stderr, exit: (status) => { process.exit(status) } })
const complete = watchEarlyExit(process, writeError)
const status = await run(process.argv.slice(2), {
  env: process.env,
  loadEnvFile: (file) => process.loadEnvFile(file),
  input: process.stdin,
  write,
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
end(status)
