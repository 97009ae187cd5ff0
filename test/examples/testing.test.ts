import t from 'tap'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { extname } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

// This file is run from its source or compiled, and so are the examples.
const EXTENSION = extname(fileURLToPath(import.meta.url))

const NODE_TEST = ['--test', '--test-reporter=tap']
const RUNS: Array<[name: string, args: string[], file: string, passed: RegExp]> = [
  ['node:test', NODE_TEST, 'node-test', /^# pass 4$/m],
  ['node:test, expectGuarded', NODE_TEST, 'guarded', /^# pass 1$/m],
  ['node:test, other callers', NODE_TEST, 'callers', /^# pass 8$/m],
  ['tap', [], 'tap', /^ok 4 - other organization/m]
]

// A compiler thread can keep a process from exiting: https://github.com/nodejs/node/issues/54918
const EXEC_ARGV = [...process.execArgv, '--single-threaded']

for (const [name, args, file, passed] of RUNS) {
  t.test(`the documented tests pass under ${name}`, async (t) => {
    const path = fileURLToPath(new URL(`../../examples/testing/${file}.test${EXTENSION}`, import.meta.url))
    const child = spawn(process.execPath, [...EXEC_ARGV, ...args, path], { stdio: ['ignore', 'pipe', 'inherit'], timeout: 60_000, killSignal: 'SIGKILL' })
    const closed = once(child, 'close')
    t.match(await text(child.stdout), passed)
    t.same(await closed, [0, null])
  })
}
