#!/usr/bin/env node
import { run } from '../dist/cli/run.js'

process.exitCode = await run(process.argv.slice(2), {
  env: process.env,
  input: process.stdin,
  write: (text) => { process.stdout.write(text) },
  writeError: (text) => { process.stderr.write(text) },
  untilInterrupted: async () => await new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => resolve())
  })
})
