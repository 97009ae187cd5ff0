import t from 'tap'
import { readFileSync } from 'node:fs'
import { runCommand } from '../fixtures/terminal.ts'

t.test('without a command, and with --help, the commands are listed', async (t) => {
  for (const args of [[], ['help'], ['--help'], ['-h']]) {
    const { status, output, errors } = await runCommand(args)
    t.equal(status, 0)
    t.match(output, /^Usage:\n {2}fastify-zitadel doctor/)
    for (const name of ['doctor', 'routes', 'token', 'events', 'stand-in']) t.match(output, `\n  fastify-zitadel ${name}`)
    t.equal(errors, '')
  }
})

t.test('an unknown command, flag or argument is a usage error that does not quote it', async (t) => {
  for (const [message, ...lines] of [
    ['fastify-zitadel: unknown command\nSee fastify-zitadel --help\n', ['CANARY']],
    ['fastify-zitadel doctor: unknown flag\nSee fastify-zitadel doctor --help\n', ['doctor', '--CANARY'], ['doctor', '--a-b-c-d', 'CANARY'], ['doctor', '--abcdefghijklm=CANARY']],
    ['fastify-zitadel doctor: an argument is unknown, or the value of a flag is missing\n', ['doctor', '--issuer'], ['doctor', '-x'], ['doctor', '--json=CANARY']],
    ['fastify-zitadel doctor: unknown flag --token\n', ['doctor', '--token', 'CANARY'], ['doctor', '--token=CANARY']],
    ['fastify-zitadel doctor: unknown flag --isuer: did you mean --issuer?\n', ['doctor', '--isuer', 'CANARY']],
    ['fastify-zitadel: unknown command doctro: did you mean doctor?\n', ['doctro', 'CANARY']],
    ['fastify-zitadel: unknown command doktor: did you mean doctor?\n', ['doktor', 'CANARY']],
    ['fastify-zitadel doctor: it takes flags only. A token is never an argument: use --token-file\n', ['doctor', 'CANARY']],
    ['fastify-zitadel doctor: --token-file must name a readable file\n', ['doctor', '--token-file', '/CANARY/none'], ['doctor', '--app', 'x', '--token-file', '/CANARY/none', 'GET', '/']],
    ['fastify-zitadel routes: exactly one FILE is needed\n', ['routes', 'a', 'CANARY'], ['routes']],
    ['fastify-zitadel routes: --json and --markdown exclude each other\n', ['routes', 'x', '--json', '--markdown']],
    ['fastify-zitadel stand-in: it takes no arguments beside its flags\n', ['stand-in', 'CANARY']],
    ['fastify-zitadel stand-in: --port must be a whole number from 0 to 65535\n', ['stand-in', '--port', 'CANARY'], ['stand-in', '--port=-1'], ['stand-in', '--port', '1.5'], ['stand-in', '--port', '65536']]
  ] as Array<[string, ...string[][]]>) {
    for (const args of lines) {
      const { status, output, errors } = await runCommand(args)
      t.equal(status, 1, args.join(' '))
      t.equal(output, '')
      t.ok(errors.startsWith(message), errors)
      t.notMatch(errors, 'CANARY')
    }
  }
})

t.test('each command prints its help', async (t) => {
  for (const [name, flag] of [['doctor', '--help'], ['routes', '-h'], ['stand-in', '--help'], ['token', '--help'], ['events', '-h']] as const) {
    const { status, output, errors } = await runCommand([name, flag])
    t.equal(status, 0)
    t.match(output, `Usage:\n  fastify-zitadel ${name}`)
    t.equal(errors, '')
  }
})

t.test('--version prints the version of the package', async (t) => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
  for (const flag of ['--version', '-v']) t.same(await runCommand([flag]), { status: 0, output: `${version}\n`, errors: '' })
})

t.test('--env-file sets the variables of a file before a command reads them', async (t) => {
  const env: Record<string, string> = {}
  const loadEnvFile = (file: string): void => { env['ZITADEL_ISSUER'] = file }
  t.match(await runCommand(['doctor', '--env-file', 'ftp://CANARY'], { env, loadEnvFile }), { status: 1, output: /"ZITADEL_ISSUER".* must be/ })
  const { status, errors } = await runCommand(['routes', '--env-file', 'CANARY', 'server.mjs'], { loadEnvFile: process.loadEnvFile })
  t.same({ status, errors }, { status: 1, errors: 'fastify-zitadel routes: --env-file must name a readable file\nSee fastify-zitadel routes --help\n' })
})

t.test('a malformed number is a usage error that does not quote it', async (t) => {
  for (const value of ['CANARY', '0', '-1', '1.5', '600001', '']) {
    const { status, errors } = await runCommand(['doctor', `--timeout=${value}`])
    t.equal(status, 1)
    t.match(errors, '--timeout must be a whole number from 1 to 600000')
    t.notMatch(errors, 'CANARY')
  }
  for (const value of ['1', '600000']) t.equal((await runCommand(['doctor', `--timeout=${value}`])).errors, '')
})

t.test('standard input that cannot be read is a usage error', async (t) => {
  const input = (async function * (): AsyncGenerator<string> { throw new Error('EIO') })()
  t.match(await runCommand(['doctor', '--token-file', '-'], { input }), { status: 1, output: '', errors: /^fastify-zitadel doctor: --token-file is -, and standard input cannot be read\n/ })
})

t.test('a failure that no command expects is thrown, so that the process ends with its stack', async (t) => {
  const failure = new Error('the output is closed')
  await t.rejects(runCommand(['doctor', '--help'], { write: () => { throw failure } }), failure)
})
