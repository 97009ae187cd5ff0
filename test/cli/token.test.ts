import t, { type Test } from 'tap'
import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Terminal } from '../../lib/cli/command.ts'
import { logInByDevice } from '../../lib/cli/login/device-grant.ts'
import { forkFixture } from '../fixtures/fork-fixture.ts'
import { HeadlessBrowser, readForm } from '../fixtures/headless-browser.ts'
import { NATIVE, startOidcProvider } from '../fixtures/oidc-provider.ts'
import { OTHER_LOOPBACK } from '../fixtures/platform.ts'
import { runCommand, type Outcome } from '../fixtures/terminal.ts'
import { playServer, type PlayedResponse } from '../fixtures/zitadel-server.ts'

const provider = await startOidcProvider()
t.teardown(async () => await provider.stop())
const forever = async (): Promise<never> => await new Promise(() => {})

/** Runs the command, and calls a function with each page that it asks the user to open. */
async function logIn (flags: string[], onPage: (url: URL, text: string) => unknown, terminal: Partial<Terminal> = {}): Promise<Outcome & { messages: string }> {
  let messages = ''
  let pending: unknown
  const outcome = await runCommand(['token', '--client-id', NATIVE, ...flags], {
    env: { ZITADEL_ISSUER: provider.issuer },
    wait: forever,
    writeError: (text) => {
      messages += text
      const [, url] = /Open (\S+)/.exec(text) ?? []
      if (url !== undefined) pending = Promise.resolve(onPage(new URL(url), text))
    },
    ...terminal
  })
  await pending
  return { ...outcome, messages }
}

/** Sends a request with any target, as a page can. Returns the response. */
async function sendTarget ({ host, port }: URL, target: string): Promise<string> {
  const socket = connect(Number(port), '127.0.0.1')
  socket.end(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
  return await text(socket)
}

t.test('a connection on which the browser sends nothing does not keep the process alive', async (t) => {
  const child = forkFixture('loopback-process')
  t.teardown(() => { child.kill() })
  const [port] = await once(child, 'message') as [number]
  const socket = connect(port, '127.0.0.1')
  t.teardown(() => { socket.destroy() })
  await once(socket, 'connect')
  socket.on('error', () => {})
  child.send('close')
  // The browser keeps the connection open, so a process that waits for its end never exits.
  const [code] = await once(child, 'exit', { signal: AbortSignal.timeout(20_000) })
  t.equal(code, 0)
})

t.test('the code flow on the loopback interface prints a token and nothing else', async (t) => {
  let redirect: URL | undefined
  let wait: { milliseconds: number, signal: AbortSignal | undefined } | undefined
  const { status, output, messages } = await logIn(['--project-id', '77', '--scope', 'profile email'], async (url) => {
    t.equal(url.searchParams.get('scope'), 'openid profile email urn:zitadel:iam:org:project:id:77:aud')
    t.equal(url.searchParams.get('code_challenge_method'), 'S256')
    redirect = new URL(url.searchParams.get('redirect_uri')!)
    t.match(await new HeadlessBrowser().visit(url), { status: 200, text: 'You can close this page and return to the terminal.\n' })
  }, {
    wait: async (milliseconds, signal) => {
      wait = { milliseconds, signal }
      return await forever()
    }
  })
  t.equal(wait!.milliseconds, 300_000)
  t.ok(wait!.signal?.aborted, 'the timer ends')
  await t.rejects(fetch(redirect!), 'the listener is closed')
  t.equal(status, 0, messages)
  t.match(output, /^[\w.-]+\n$/)
  t.match(messages, /^The redirect URI is http:\/\/127\.0\.0\.1:\d+\/callback\nOpen .+\nThe token expires in 60 minutes\n$/)
  t.notMatch(messages, output.trim())
})

t.test('the listener answers only the response to this login', async (t) => {
  const { status } = await logIn(['--port', '0'], async (url) => {
    const redirect = new URL(url.searchParams.get('redirect_uri')!)
    const state = url.searchParams.get('state')!
    t.equal(url.searchParams.get('scope'), 'openid')
    const others = 'This is not the response to the login that was started\n'
    for (const [path, expected, text, init] of [
      ['/callback?code=x', 400, others, {}],
      [`/callback?code=x&state=${state}x`, 400, others, {}],
      [`/other?code=x&state=${state}`, 404, 'Not found\n', {}],
      [`/callback?code=x&state=${state}`, 404, 'Not found\n', { method: 'POST', body: 'x'.repeat(100_000) }]
    ] as const) {
      const response = await fetch(new URL(path, redirect), init)
      t.same([response.status, await response.text()], [expected, text], path)
      t.match(Object.fromEntries(response.headers), { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store', 'referrer-policy': 'no-referrer', connection: 'close' })
    }
    await t.rejects(once(connect(Number(redirect.port), OTHER_LOOPBACK), 'connect'), 'another address')
    for (const target of ['//', 'http://[', '*', '/%', '//callback?x']) t.match(await sendTarget(redirect, target), /^HTTP\/1\.1 404 /, target)
    t.equal((await fetch(`http://localhost:${redirect.port}/callback?code=x&state=${state}`).catch(() => ({ status: 404 }))).status, 404, 'another host')
    const taken = await runCommand(['token', '--client-id', NATIVE, '--port', redirect.port], { env: { ZITADEL_ISSUER: provider.issuer } })
    t.match(taken, { status: 1, errors: `fastify-zitadel token: port ${redirect.port} of 127.0.0.1 cannot be opened (EADDRINUSE: it is in use). Give another with --port, or end the program that uses it\n` })
    const page = await new HeadlessBrowser().visit(url)
    t.equal(page.status, 200)
  })
  t.equal(status, 0)
})

t.test('a wrong response to the login is an error', async (t) => {
  for (const [parameters, message] of [
    [{ error: 'access_denied' }, 'the login was refused (access_denied): the login was refused'],
    [{ error: 'constructor' }, 'the login was refused (constructor)'],
    ...['CANARY', 'CANARYabc', 'abcCANARY'].map((error) => [{ error }, 'the login was refused (400)'] as const),
    [{ code: 'x', iss: 'https://other.example' }, 'the response is of another issuer'],
    [{ code: 'x' }, 'the code was refused (invalid_grant)'],
    [{}, 'the response has no code']
  ] as const) {
    const { status, output, messages } = await logIn([], async (url) => {
      const redirect = new URL(url.searchParams.get('redirect_uri')!)
      redirect.search = new URLSearchParams({ iss: provider.issuer, ...parameters, state: url.searchParams.get('state')! }).toString()
      await fetch(redirect)
    })
    t.same([status, output], [1, ''])
    t.match(messages, `fastify-zitadel token: ${message}`)
    t.notMatch(messages, /CANARY|native code/)
  }
  const { messages } = await logIn([], async (url) => {
    const redirect = new URL(url.searchParams.get('redirect_uri')!)
    redirect.search = new URLSearchParams({ code: 'x', state: url.searchParams.get('state')! }).toString()
    await fetch(redirect)
  })
  t.match(messages, 'the response is of another issuer', 'the provider always sends "iss"')
})

t.test('the command ends if no login comes within the timeout', async (t) => {
  const waits: number[] = []
  t.match(await logIn(['--timeout', '7'], () => {}, { wait: async (milliseconds) => { waits.push(milliseconds) } }), { status: 1, output: '', messages: /no login came in time/ })
  t.same(waits, [7000])
})

t.test('the device grant works with any browser and the code from the terminal', async (t) => {
  let isLoggedIn = false
  const page = { url: new URL('http://none') }
  const waits: number[] = []
  const { status, output, messages } = await logIn(['--device'], (url) => { page.url = url }, {
    wait: async (milliseconds) => {
      waits.push(milliseconds)
      // After the second poll, so that the first response is authorization_pending.
      if (waits.length !== 2) return
      const browser = new HeadlessBrowser()
      const confirmation = await browser.visit(page.url.origin + page.url.pathname, readForm(await browser.visit(page.url)))
      isLoggedIn = (await browser.visit(page.url.origin + page.url.pathname, { ...readForm(confirmation), confirm: 'yes' })).status === 200
    }
  })
  t.ok(isLoggedIn)
  t.equal(status, 0, messages)
  t.match(output, /^[\w.-]+\n$/)
  t.match(messages, /^Open http:\S+ and enter the code \S+\n/)
  t.same(waits, [5000, 5000])
})

t.test('no request is sent at the end of the lifetime of a code', async (t) => {
  let now = 0
  let count = 0
  const metadata = { issuer: 'https://acme.example', authorizationEndpoint: '', tokenEndpoint: '/token', deviceAuthorizationEndpoint: '/device', sendsIssuer: false }
  const answer = { device_code: 'd', user_code: 'U', verification_uri: 'https://acme.example', expires_in: 10, interval: 5 }
  await t.rejects(logInByDevice(metadata, {
    clientId: '1',
    scope: 'openid',
    send: async ({ url }) => {
      if (url === '/device') return { status: 200, text: JSON.stringify(answer), headers: {} }
      count++
      return { status: 400, text: '{"error":"authorization_pending"}', headers: {} }
    },
    prompt: () => {},
    wait: async (milliseconds) => { now += milliseconds },
    now: () => now,
    timeout: 300_000
  }), { message: 'no login came in time' })
  t.equal(count, 2)
})

interface Played { readonly discovery?: object, readonly device?: PlayedResponse, readonly token?: () => PlayedResponse }

/** An issuer whose responses the test defines. */
async function play (t: Test, { discovery = {}, device = {}, token = () => ({}) }: Played): Promise<string> {
  return await playServer(t, (path, issuer) => {
    if (path === '/device') return { body: JSON.stringify({ device_code: 'd', user_code: 'U', verification_uri: `${issuer}/page`, expires_in: 600, interval: 7 }), ...device }
    if (path === '/token') return token()
    return { body: JSON.stringify({ issuer, authorization_endpoint: `${issuer}/authorize`, token_endpoint: `${issuer}/token`, device_authorization_endpoint: `${issuer}/device`, ...discovery }) }
  })
}

const json = (body: object, status = 200): PlayedResponse => ({ status, body: JSON.stringify(body) })

t.test('the device grant slows down, and ends with each error of RFC 8628', async (t) => {
  const waits: number[] = []
  const answers = [json({ error: 'slow_down' }, 400), json({ error: 'authorization_pending' }, 400), json({ access_token: 'abc', token_type: 'Bearer' })]
  const issuer = await play(t, { token: () => answers.shift()! })
  t.match(await logIn(['--device', '--issuer', issuer], () => {}, { wait: async (milliseconds) => { waits.push(milliseconds) } }), { status: 0, output: 'abc\n', messages: /page and enter the code U\n$/ })
  t.same(waits, [7000, 12_000, 12_000])
  const plain = await play(t, { device: json({ device_code: 'd', user_code: 'U', verification_uri: 'https://acme.example' }), token: () => json({ access_token: 'abc', token_type: 'Bearer' }) })
  t.match(await logIn(['--device', '--issuer', plain], () => {}, { wait: async (milliseconds) => { waits.push(milliseconds) } }), { status: 0 })
  t.equal(waits.at(-1), 5000, 'the default of RFC 8628')
  for (const interval of [0, -1, '7']) {
    const wrong = await play(t, { device: json({ device_code: 'd', user_code: 'U', verification_uri: 'https://acme.example', interval }), token: () => json({ access_token: 'abc', token_type: 'Bearer' }) })
    t.equal((await logIn(['--device', '--issuer', wrong], () => {}, { wait: async (milliseconds) => { waits.push(milliseconds) } })).status, 0)
    t.equal(waits.at(-1), 5000, `interval ${JSON.stringify(interval)}`)
  }
  for (const error of ['access_denied', 'expired_token', 'invalid_client', 'invalid_grant']) {
    const issuer = await play(t, { token: () => json({ error, error_description: 'CANARY' }, 400) })
    const { status, messages } = await logIn(['--device', '--issuer', `${issuer}/`], () => {}, { wait: async () => {} })
    t.equal(status, 1)
    t.match(messages, `the login was refused (${error})`)
    if (error === 'invalid_grant') t.match(messages, /\(invalid_grant\)\n$/)
    t.notMatch(messages, 'CANARY')
  }
  const late = await play(t, { device: json({ device_code: 'd', user_code: 'U', verification_uri: 'https://acme.example', expires_in: 0.01 }), token: () => json({ error: 'authorization_pending' }, 400) })
  t.match(await logIn(['--device', '--issuer', late], () => {}, { wait: async () => {} }), { status: 1, messages: /no login came in time/ })
})

t.test('wrong responses of the server are errors, and not quoted', async (t) => {
  for (const [played, flags, message] of [
    [{ discovery: { issuer: 'https://other.example' } }, [], 'does not name this issuer'],
    [{ discovery: { token_endpoint: 'https://other.example/token' } }, [], 'has no token_endpoint on the origin of the issuer'],
    [{ discovery: { authorization_endpoint: 5 } }, [], 'has no authorization_endpoint'],
    [{ discovery: { device_authorization_endpoint: undefined } }, ['--device'], 'has no device authorization'],
    [{ device: json({ error: 'unauthorized_client' }, 400) }, ['--device'], 'the device authorization was refused (unauthorized_client): allow this grant type'],
    [{ device: { body: 'none' } }, ['--device'], 'was answered without a code'],
    [{ device: json({ device_code: 'd', user_code: 'U\u001b[31m', verification_uri: 'https://acme.example' }) }, ['--device'], 'was answered without a code'],
    [{ device: json({ device_code: 'd', user_code: 'U', verification_uri: 'javascript:alert(1)' }) }, ['--device'], 'was answered without a code'],
    ...[{ device_code: 5 }, { user_code: 5 }, { verification_uri: ['https://acme.example'] }, { verification_uri: 'xhttps://acme.example' }, { verification_uri: 'https://acme.example/ \u001b' }]
      .map((wrong) => [{ device: json({ device_code: 'd', user_code: 'U', verification_uri: 'https://acme.example', ...wrong }) }, ['--device'], 'was answered without a code'] as [Played, string[], string]),
    [{ token: () => json({ access_token: ['abc'], token_type: 'Bearer' }) }, ['--device'], 'without a bearer token'],
    [{ token: () => json({ error: ['access_denied'] }, 400) }, ['--device'], 'the login was refused (400)'],
    [{ token: () => json({ access_token: 'a b', token_type: 'Bearer' }) }, ['--device'], 'without a bearer token'],
    [{ token: () => json({ access_token: 'ab', token_type: 'DPoP' }) }, ['--device'], 'without a bearer token'],
    [{ token: () => ({ status: 500, body: '<html>' }) }, ['--device'], 'the login was refused (500)']
  ] as Array<[Played, string[], string]>) {
    const { status, output, messages } = await logIn([...flags, '--issuer', await play(t, played)], () => {}, { wait: async () => {} })
    t.same([status, output], [1, ''], message)
    t.match(messages, message)
  }
  for (const answer of [{}, { id_token: 5, expires_in: '60' }]) {
    const issuer = await play(t, { token: () => json({ access_token: 'ab', token_type: 'bearer', ...answer }) })
    const { status, output, messages } = await logIn(['--issuer', issuer], async (url) => {
      await fetch(`${url.searchParams.get('redirect_uri')!}?code=x&state=${url.searchParams.get('state')!}`)
    })
    t.same([status, output], [0, 'ab\n'], 'an ID token is not necessary')
    t.notMatch(messages, 'expires')
  }
  for (const nonce of ['', '.e30.', '.bnVsbA.', 'none']) {
    const issuer = await play(t, { token: () => json({ access_token: 'ab', token_type: 'bearer', id_token: nonce }) })
    const { messages } = await logIn(['--issuer', issuer], async (url) => {
      await fetch(`${url.searchParams.get('redirect_uri')!}?code=x&state=${url.searchParams.get('state')!}`)
    })
    t.match(messages, 'the ID token is not of this login')
  }
  const closed = await playServer(t, () => ({ status: 404 }))
  t.match(await logIn(['--issuer', closed], () => {}), { status: 1, messages: /does not name this issuer/ })
  t.match(await logIn(['--issuer', 'http://127.0.0.1:1'], () => {}), { status: 1, messages: /no answer from ZITADEL \(ECONNREFUSED\)\. Run/ })
})

t.test('a mistake in the command line is a usage error', async (t) => {
  const env = { ZITADEL_ISSUER: 'https://auth.acme.example' }
  for (const [args, variables, message] of [
    [[], env, '--client-id is missing'],
    [['CANARY'], env, 'it takes flags only'],
    [['--client-id', '1'], {}, 'the issuer is missing'],
    [['--client-id', '1', '--issuer', 'auth.acme.example'], {}, "the issuer must be ZITADEL's public origin"],
    [['--client-id', '1', '--issuer', 'https://u:CANARY@acme.example'], {}, "the issuer must be ZITADEL's public origin"],
    [['--client-id', '1', '--issuer', 'xhttps://acme.example'], {}, "the issuer must be ZITADEL's public origin"],
    // The code and the token would cross a network.
    [['--client-id', '1', '--issuer', 'http://auth.acme.example'], {}, /the issuer must be ZITADEL's public origin: https \(http only on loopback\), without path, query, fragment or user info\n/],
    [['--client-id', '1', '--issuer', 'https://auth.acme.example/ui'], {}, /user info \(drop the path\)\n/],
    [['--client-id', '1', '--timeout', '3601'], env, '--timeout must be'],
    [['--client-id', '1', '--issuer', 'https://:1'], {}, "the issuer must be ZITADEL's public origin"],
    [['--client-id', '1', '--device', '--port', '1'], env, 'exclude each other'],
    [['--client-id', '1', '--scope', 'CANARY"'], env, '--scope must be'],
    [['--client-id', '1', '--project-id', 'a b'], env, '--project-id must be'],
    [['--client-id', '1', '--port', '70000'], env, '--port must be'],
    [['--client-id', '1'], { ...env, CI: 'true' }, 'a job of a build server']
  ] as const) {
    const { status, output, errors } = await runCommand(['token', ...args], { env: variables })
    t.same([status, output], [1, ''])
    t.match(errors, message)
    t.notMatch(errors, 'CANARY')
  }
})

t.test('a wrong variable of the proxy is named', async (t) => {
  const { status, errors } = await runCommand(['token', '--client-id', '1', '--issuer', 'https://auth.acme.example'], { env: { NODE_USE_ENV_PROXY: '1', HTTPS_PROXY: '::CANARY' } })
  t.equal(status, 1)
  t.match(errors, /^fastify-zitadel token: the variable "HTTPS_PROXY" must be/)
  t.notMatch(errors, 'CANARY')
})
