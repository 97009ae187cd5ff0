import t from 'tap'
import { runCommand } from '../fixtures/terminal.ts'

t.test('without a command, and with --help, the commands are listed', async (t) => {
  for (const args of [[], ['help'], ['--help'], ['-h']]) {
    const { status, output, errors } = await runCommand(args)
    t.equal(status, 0)
    for (const name of ['doctor', 'routes', 'stand-in']) t.match(output, `fastify-zitadel ${name}`)
    t.equal(errors, '')
  }
})

t.test('an unknown command, flag or argument is a mistake, and is not repeated', async (t) => {
  for (const args of [['CANARY'], ['doctor', '--CANARY'], ['doctor', 'CANARY'], ['routes', 'a', 'CANARY'], ['routes'], ['routes', 'x', '--json', '--markdown'], ['stand-in', 'CANARY'], ['stand-in', '--port', 'CANARY'], ['stand-in', '--port', '-1'], ['stand-in', '--port', '1.5'], ['stand-in', '--port', '65536'], ['doctor', '--token-file', '/CANARY/none']]) {
    const { status, output, errors } = await runCommand(args)
    t.equal(status, 1, args.join(' '))
    t.equal(output, '')
    t.match(errors, /^fastify-zitadel/)
    t.notMatch(errors, 'CANARY')
  }
})
