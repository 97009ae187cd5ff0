import t from 'tap'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { startStandIn } from '../../lib/testing/index.ts'
import { LeakDetector } from '../fixtures/leak-detector.ts'
import { runCommand } from '../fixtures/terminal.ts'
import { playServer, playZitadel } from '../fixtures/zitadel-server.ts'

/** Every command, when all is well and when each step fails. */
t.test('no output contains a token, a key or a secret', async (t) => {
  const standIn = await startStandIn()
  t.teardown(async () => await standIn.close())
  const [token, secret] = [await standIn.issueToken({ roles: ['reader'] }), randomBytes(24).toString('base64url')]
  const revoked = await standIn.issueToken({})
  standIn.revoke(revoked)
  const jwt = await standIn.issueToken({ format: 'jwt' })
  const key = generateKeyPairSync('rsa', { modulusLength: 2048, privateKeyEncoding: { type: 'pkcs1', format: 'pem' }, publicKeyEncoding: { type: 'spki', format: 'pem' } }).privateKey
  const canaries = new LeakDetector()
  canaries.add(token, revoked, ...jwt.split('.').slice(1), secret, Buffer.from(`orders:${secret}`).toString('base64'), ...key.split('\n').slice(1, -2))
  const wrongKey = JSON.stringify({ ...standIn.api.key, key })
  const { issuer } = standIn
  // A server that repeats all that it gets.
  const echo = await playServer(t, (_path, _origin, { headers }) => ({ status: 400, body: JSON.stringify({ error: 'invalid_client', error_description: JSON.stringify(headers), parent: String(headers.authorization), message: headers.authorization }) }))
  const rejecting = await playZitadel(t, () => ({ status: 400, body: JSON.stringify({ error: secret }) }))
  const environments: Array<Record<string, string>> = [
    standIn.env,
    { ...standIn.env, ZITADEL_ISSUER: echo },
    { ...standIn.env, ZITADEL_ISSUER: rejecting },
    { ...standIn.env, ZITADEL_ISSUER: 'http://127.0.0.1:1' },
    { ...standIn.env, ZITADEL_ISSUER: `https://user:${secret}@auth.acme.example` },
    { ZITADEL_ISSUER: issuer, ZITADEL_KEY: wrongKey },
    { ZITADEL_ISSUER: issuer, ZITADEL_KEY: wrongKey.slice(0, -20) },
    { ZITADEL_ISSUER: issuer, ZITADEL_KEY: key },
    { ZITADEL_ISSUER: issuer, ZITADEL_KEY_FILE: wrongKey },
    { ZITADEL_ISSUER: issuer, ZITADEL_CLIENT_ID: 'orders', ZITADEL_CLIENT_SECRET: secret },
    { ZITADEL_ISSUER: issuer, ZITADEL_CLIENT_SECRET: secret },
    { ...standIn.env, ZITADEL_CLIENT_ID: 'orders', ZITADEL_CLIENT_SECRET: secret },
    { ...standIn.env, HTTP_PROXY: `http://user:${secret}@127.0.0.1:1` },
    { ...standIn.env, NODE_USE_ENV_PROXY: '1', HTTP_PROXY: `http://user:${secret}@127.0.0.1:1` },
    { ...standIn.env, NODE_USE_ENV_PROXY: '1', HTTP_PROXY: secret }
  ]
  let runs = 0
  const record = async (args: string[], env: Record<string, string>, text: string): Promise<void> => {
    const { output, errors } = await runCommand([...args, ...args[0] === 'doctor' && runs % 2 === 0 ? ['--json'] : []], { env, text })
    canaries.record(`${output}${errors}`)
    runs++
  }
  for (const env of environments) {
    const texts = env === standIn.env ? [token, revoked, jwt, `Bearer ${token}`, `"${token}"`, `${token.slice(0, 9)}\n${token.slice(9)}`, `{"access_token":"${token}"}`] : [token, jwt]
    for (const text of texts) await record(['doctor', '--timeout', '500', '--token-file', '-'], env, text)
    await record(['events', '--url', 'https://api.acme.example/events', '--admin-token-file', '-'], env, token)
    await record(['token', '--client-id', 'none', '--device'], env, '')
    await record(['token', '--client-id', 'none'], env, '')
  }
  for (const args of [[token], ['doctor', token], ['doctor', `--${token}`], ['doctor', '--app', token, 'GET'], ['doctor', '--timeout', token], ['events', '--url', token], ['token', '--client-id', 'a', '--scope', `"${token}`], ['routes', token, token], ['stand-in', '--port', token]]) await record(args, {}, '')
  t.ok(runs > 80, `${runs} runs`)
  t.same(canaries.leaks, [])
})
