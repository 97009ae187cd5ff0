import t, { type Test } from 'tap'
import { existsSync, readFileSync, statSync, unlinkSync } from 'node:fs'
import { CommandError } from '../../lib/cli/command.ts'
import { listDeliveryWarnings } from '../../lib/cli/events/delivery-warnings.ts'
import { SUBSCRIBED_EVENT_TYPES } from '../../lib/cli/events/executions.ts'
import { createSigningKeyFile } from '../../lib/cli/events/signing-key-file.ts'
import { ADMIN_TOKEN, SIGNING_KEY, startActionsServer, type ActionsServer } from '../fixtures/actions-server.ts'
import { OWNER_ONLY } from '../fixtures/platform.ts'
import { runCommand, type Outcome } from '../fixtures/terminal.ts'
import { playServer } from '../fixtures/zitadel-server.ts'

const URL_OF_ROUTE = 'https://api.acme.example/zitadel/events'
const target = (id: string, more: object = {}): ActionsServer['targets'][number] => ({ id, name: 'fastify-zitadel', endpoint: URL_OF_ROUTE, restAsync: {}, payloadType: 'PAYLOAD_TYPE_JSON', signingKey: SIGNING_KEY, ...more })

async function run (t: Test, server: ActionsServer, flags: string[] = [], env: Record<string, string> = {}): Promise<Outcome & { keyFile: string }> {
  const keyFile = `${t.testdir()}/key`
  const outcome = await runCommand(['events', '--url', URL_OF_ROUTE, '--signing-key-file', keyFile, ...flags], { env: { ZITADEL_ISSUER: server.origin, ZITADEL_ADMIN_TOKEN: ADMIN_TOKEN, ...env } })
  for (const text of [outcome.output, outcome.errors]) for (const canary of [ADMIN_TOKEN, SIGNING_KEY]) t.notMatch(text, canary)
  return { ...outcome, keyFile }
}

t.test('a dry run prints the calls and changes nothing', async (t) => {
  const server = await startActionsServer(t)
  const { status, output, errors } = await run(t, server)
  t.equal(status, 0)
  const lines = output.split('\n')
  t.equal(lines[0], `POST /v2/actions/targets {"name":"fastify-zitadel","endpoint":"${URL_OF_ROUTE}","restAsync":{},"timeout":"10s","payloadType":"PAYLOAD_TYPE_JSON"}`)
  t.same(lines.slice(1), [
    ...SUBSCRIBED_EVENT_TYPES.map((event) => `PUT /v2/actions/executions {"condition":{"event":{"event":"${event}"}},"targets":["<id of the target>"]}`),
    'Nothing was changed. --apply makes these calls',
    ''
  ])
  t.match(errors, /^warning: ZITADEL 4\.11 to 4\.15/)
  t.same(server.changes, [])
})

t.test('--apply makes the calls, writes the signing key to a file, and does nothing the second time', async (t) => {
  const server = await startActionsServer(t)
  const { status, output, errors, keyFile } = await run(t, server, ['--apply', '--name', 'orders'])
  t.equal(status, 0, errors)
  t.match(output, /\nDone\n$/)
  const count = SUBSCRIBED_EVENT_TYPES.length + 1
  t.match(errors, new RegExp(`^1 of ${count}\nThe signing key is in the file of --signing-key-file\\. Give it to the option "events\\.signingKey"\n2 of ${count}\n`, 'm'))
  t.match(server.targets, [{ name: 'orders', endpoint: URL_OF_ROUTE, restAsync: {} }])
  t.same(server.executions.map(({ targets }) => targets), SUBSCRIBED_EVENT_TYPES.map(() => ['300']))
  t.equal(readFileSync(keyFile, 'utf8'), `${SIGNING_KEY}\n`)
  t.equal(statSync(keyFile).mode & 0o777, OWNER_ONLY)
  const { changes } = server
  const before = changes.length
  const second = await run(t, server, ['--apply'])
  t.match(second, { status: 0, output: 'Nothing to do\n' })
  t.notOk(existsSync(second.keyFile))
  t.equal(changes.length, before)
})

t.test('executions that exist keep their targets, and more than one page is read', async (t) => {
  const functions = Array.from({ length: 120 }, (_, index) => ({ condition: { function: { name: `f${index}` } }, targets: ['9'] }))
  const server = await startActionsServer(t, { executions: [...functions, { condition: { event: { group: 'user' } }, targets: ['9'] }, { condition: { event: { event: 'user.locked' } }, targets: ['8'] }] })
  t.equal((await run(t, server, ['--apply'])).status, 0)
  const find = (event: string): string[] | undefined => server.executions.find(({ condition }) => (condition as { event?: { event?: string } }).event?.event === event)?.targets
  t.same(find('user.locked'), ['8', '300'])
  t.same(find('user.deactivated'), ['9', '300'])
  t.same(find('session.terminated'), ['300'])
  t.equal(server.executions.filter(({ condition }) => 'function' in condition).length, 120)
  t.same(server.searches, [['targets', { offset: 0, limit: 100, asc: true }], ['executions', { offset: 0, limit: 100, asc: true }], ['executions', { offset: 100, limit: 100, asc: true }]])

  const { status, output } = await run(t, server, ['--remove'])
  t.equal(status, 0)
  t.match(output, /^DELETE \/v2\/actions\/targets\/300$/m)
  t.equal(server.targets.length, 1, '--remove alone is a dry run')
  const removed = await run(t, server, ['--remove', '--apply'])
  t.equal(removed.errors.includes('warning'), false)
  t.same(server.targets, [])
  t.same(server.executions.filter(({ condition }) => 'event' in condition), [{ condition: { event: { group: 'user' } }, targets: ['9'] }, { condition: { event: { event: 'user.locked' } }, targets: ['8'] }])
  t.match(await run(t, server, ['--remove', '--apply']), { status: 0, output: 'Nothing to do\n' })
})

t.test('a target with other settings is changed', async (t) => {
  for (const [more, expected] of [
    [{ restAsync: undefined, restWebhook: { interruptOnError: true } }, 1],
    [{ payloadType: 'PAYLOAD_TYPE_JWT' }, 1],
    [{ payloadType: 'PAYLOAD_TYPE_UNSPECIFIED' }, 0],
    [{ payloadType: undefined }, 0]
  ] as const) {
    const server = await startActionsServer(t, { targets: [target('7', more)], executions: [{ condition: { event: { all: true } }, targets: ['7'] }] })
    t.equal((await run(t, server, ['--apply'])).status, 0)
    t.same(server.changes, Array.from({ length: expected }, () => 'POST /v2/actions/targets/7'))
    t.match(server.targets, [{ restAsync: {}, payloadType: /JSON/ }].slice(0, expected))
  }
})

t.test('a target of another URL is not touched', async (t) => {
  const other = target('7', { endpoint: 'https://other.example/events' })
  const server = await startActionsServer(t, { targets: [other], executions: [{ condition: { event: { all: true } }, targets: ['7'] }] })
  t.equal((await run(t, server, ['--apply'])).status, 0)
  t.equal((await run(t, server, ['--remove', '--apply'])).status, 0)
  t.same(server.targets, [other])
  t.match(server.executions, [{ condition: { event: { all: true } }, targets: ['7'] }])
  t.notMatch(server.changes, ['/7'])
})

t.test('--json prints the calls and the warnings', async (t) => {
  const server = await startActionsServer(t, { targets: [target('7')] })
  const { output } = await run(t, server, ['--json'])
  t.match(JSON.parse(output), { applied: false, calls: [{ method: 'PUT', path: '/v2/actions/executions', body: { targets: ['7'] } }], warnings: [/4\.11/, /once/] })
})

t.test('without a token, the calls are those for an empty ZITADEL', async (t) => {
  const { status, output, errors } = await runCommand(['events', '--url', 'http://localhost:3000/events'])
  t.equal(status, 0)
  t.match(output, /^POST \/v2\/actions\/targets/)
  for (const text of ['private address', 'plain http', 'would replace them']) t.match(errors, text)
})

t.test('the token can come from standard input', async (t) => {
  const server = await startActionsServer(t)
  t.equal((await runCommand(['events', '--url', URL_OF_ROUTE, '--issuer', server.origin, '--admin-token-file', '-'], { env: { ZITADEL_ADMIN_TOKEN: 'other' }, text: `${ADMIN_TOKEN}\n` })).status, 0)
})

t.test('errors of ZITADEL are reported with advice, and not quoted', async (t) => {
  const server = await startActionsServer(t)
  t.match(await run(t, server, [], { ZITADEL_ADMIN_TOKEN: 'wrong' }), { status: 1, errors: /answered 401: the token is not valid for ZITADEL's own API/ })
  for (const [status, body, message] of [
    [400, '{"message":"Errors.Target.DeniedURL (canary)"}', /answered 400: ZITADEL does not call this URL/],
    [403, '{}', /answered 403: .+IAM_OWNER/],
    [404, '{}', /answered 404: this ZITADEL has no Actions v2/],
    [500, '\u001B[31mcanary', /answered 500: see the log of ZITADEL/],
    [200, 'none', /answered 200/],
    [200, 'null', /answered 200/]
  ] as const) {
    server.failure = { status, body }
    const outcome = await run(t, server, ['--apply'])
    t.match(outcome, { status: 1, output: '', errors: message })
    t.notMatch(outcome.errors, 'canary')
    t.notOk(existsSync(outcome.keyFile), 'no file remains without a key')
  }
  t.match(await run(t, server, [], { ZITADEL_ISSUER: 'http://127.0.0.1:1' }), { status: 1, errors: /no answer from ZITADEL \(ECONNREFUSED\)/ })
})

t.test('a response of another form than that of the API changes nothing', async (t) => {
  let respond: (path: string) => object | string
  const origin = await playServer(t, (path) => ({ body: JSON.stringify(respond(path)) }))
  const file = `${t.testdir()}/key`
  const apply = async (): Promise<Outcome> => await runCommand(['events', '--url', URL_OF_ROUTE, '--apply', '--signing-key-file', file], { env: { ZITADEL_ISSUER: origin, ZITADEL_ADMIN_TOKEN: ADMIN_TOKEN } })
  for (const [kind, rows] of [
    ['targets', 'text'], ['targets', [null]], ['targets', [[]]], ['targets', [{ id: 7 }]],
    ['executions', { length: 1e9 }], ['executions', [{ condition: null }]], ['executions', [{ condition: { event: null } }]], ['executions', [{ condition: { event: 'x' } }]],
    ['executions', [{ condition: { event: { all: true } }, targets: '7' }]], ['executions', [{ condition: { event: { all: true } }, targets: [{ target: '7' }] }]],
    ['executions', [{ condition: { event: { all: true } }, targets: ['7', { target: '7' }] }]]
  ] as const) {
    respond = (path) => path === `/v2/actions/${kind}/search` ? { [kind]: rows } : path.endsWith('/search') ? {} : { failure: t.fail(path) }
    t.match(await apply(), { status: 1, output: '', errors: `the ${kind} of ZITADEL have another form` }, JSON.stringify(rows))
  }
  let pages = 0
  respond = () => { pages++; return { targets: Array.from({ length: 100 }, () => target('7')) } }
  t.match(await apply(), { status: 1, errors: 'ZITADEL lists more than 10000 targets' })
  t.equal(pages, 100)
  for (const created of [{ id: '7' }, { signingKey: SIGNING_KEY }, { id: '', signingKey: SIGNING_KEY }, { id: '7', signingKey: 5 }]) {
    respond = (path) => path === '/v2/actions/targets' ? created : path.endsWith('/search') ? {} : { failure: t.fail(path) }
    t.match(await apply(), { status: 1, output: '', errors: /sent no id or no signing key/ })
    t.notOk(existsSync(file))
  }
})

t.test('names that ZITADEL lists cannot change the terminal', async (t) => {
  const hostile = '7\u009B2J\u202E\u{E0001}'
  const server = await startActionsServer(t, { targets: [target(hostile)] })
  for (const flags of [[], ['--json']]) {
    const { status, output } = await run(t, server, flags)
    t.equal(status, 0)
    t.match(output, '7\\u009b2J\\u202e\\udb40\\udc01')
    t.notMatch(output, /[^\P{C}\n]/u)
    if (flags.length > 0) t.same(JSON.parse(output).calls[0].body.targets, [hostile])
  }
})

t.test('a file that exists is not overwritten, and then ZITADEL creates no key', async (t) => {
  const server = await startActionsServer(t)
  const file = `${t.testdir({ key: 'old' })}/key`
  const { status, errors } = await runCommand(['events', '--url', URL_OF_ROUTE, '--apply', '--signing-key-file', file], { env: { ZITADEL_ISSUER: server.origin, ZITADEL_ADMIN_TOKEN: ADMIN_TOKEN } })
  t.equal(status, 1)
  t.match(errors, '--signing-key-file must name a file that does not exist yet')
  t.same(server.changes, [])
  t.equal(readFileSync(file, 'utf8'), 'old')
})

t.test('if the signing key cannot be written, the error says what to do with the target', async (t) => {
  const path = `${t.testdir()}/key`
  const file = await createSigningKeyFile(path)
  unlinkSync(path)
  await file.discard()
  await t.rejects(file.write(SIGNING_KEY), { constructor: CommandError, message: /^ZITADEL created the target, and its signing key cannot be written \(EBADF\)\. Remove the target: --remove --apply$/ })
})

t.test('a mistake in the command line is a usage error', async (t) => {
  for (const [args, message] of [
    [['x'], 'it takes flags only'],
    [[], '--url must be'],
    [['--url', 'ftp://api.acme.example'], '--url must be'],
    [['--url', 'https://u:CANARY@api.acme.example'], '--url must be'],
    [['--url', 'https://CANARY@api.acme.example'], '--url must be'],
    [['--url', 'https://:CANARY@api.acme.example'], '--url must be'],
    [['--url', 'https://api.acme.example/#CANARY'], '--url must be'],
    [['--url', URL_OF_ROUTE, '--apply'], 'need the token of an administrator'],
    [['--url', URL_OF_ROUTE, '--remove'], 'need the token of an administrator'],
    [['--url', URL_OF_ROUTE, '--admin-token-file', '-'], 'is no bearer token'],
    [['--url', URL_OF_ROUTE, '--admin-token-file', '/CANARY/none'], '--admin-token-file must name a readable file']
  ] as const) {
    const { status, errors } = await runCommand(['events', ...args], { env: { ZITADEL_ADMIN_TOKEN: ' ' }, text: 'CANARY CANARY' })
    t.equal(status, 1)
    t.match(errors, message)
    t.notMatch(errors, 'CANARY')
  }
  t.match(await runCommand(['events', '--url', URL_OF_ROUTE, '--admin-token-file', '-'], { text: ' ' }), { status: 1, errors: /is no bearer token/ }, 'an empty file is not the absence of a token')
})

t.test('a warning names addresses that ZITADEL does not call by default', async (t) => {
  const isPrivate = (host: string): boolean => listDeliveryWarnings(new URL(`https://${host}/`)).some((line) => line.includes('private'))
  for (const host of ['localhost', '127.0.0.1', '10.1.2.3', '172.16.0.1', '172.31.0.1', '192.168.0.1', '169.254.1.1', '100.64.0.1', '0.0.0.0', '[::1]', '[fd00::1]', '[fe80::1]', 'api', 'api.internal', 'api.default.svc.cluster.local']) t.ok(isPrivate(host), host)
  t.equal(listDeliveryWarnings(new URL('https://api.acme.example')).length, 2)
  for (const host of ['api.acme.example', '172.32.0.1', '100.128.0.1', '11.1.1.1', 'localhost.acme.example', '[2001:db8::1]']) t.notOk(isPrivate(host), host)
})
