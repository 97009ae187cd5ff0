import t from 'tap'
import { EventEmitter } from 'node:events'
import { watchEarlyExit } from '../../lib/cli/early-exit.ts'

function start (): { program: NodeJS.Process, errors: string[], complete: () => void } {
  const program = new EventEmitter() as NodeJS.Process
  const errors: string[] = []
  return { program, errors, complete: watchEarlyExit(program, (text) => { errors.push(text) }) }
}

t.test('if the process ends before the command is complete, the exit status is 1', async (t) => {
  for (const status of [0, 13]) {
    const { program, errors } = start()
    program.emit('exit', status)
    t.equal(program.exitCode, 1)
    t.match(errors, [/^fastify-zitadel: the process ended before the command was complete: .*\n$/])
  }
})

t.test('another status is kept, as that of an error', async (t) => {
  const { program, errors } = start()
  program.emit('exit', 3)
  t.same([program.exitCode, errors], [undefined, []])
})

t.test('after the command, the status is that of the command', async (t) => {
  const { program, errors, complete } = start()
  complete()
  program.emit('exit', 0)
  t.same([program.exitCode, errors, program.listenerCount('exit')], [undefined, [], 0])
})
