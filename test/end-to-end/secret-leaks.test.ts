import t, { type Test } from 'tap'
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import { randomBytes, randomUUID } from 'node:crypto'
import { ZitadelError, type ZitadelOptions } from '../../lib/index.ts'
import { createPlugin } from '../../lib/plugin.ts'
import { startStandIn } from '../../lib/testing/index.ts'
import { LeakDetector } from '../fixtures/leak-detector.ts'
import { collectWarnings } from '../fixtures/warnings.ts'
import { ManualClock } from '../fixtures/clock.ts'
import { ECHOES, getEncodings, send, type Echo } from '../fixtures/echoing-peer.ts'
import { bearer, activeResponse, roles } from '../fixtures/guarded-app.ts'
import { applicationKey, pkcs1 } from '../fixtures/keys.ts'
import { startPeer } from '../fixtures/peer.ts'
import { anySignature } from '../fixtures/signer.ts'

/** Tokens and secrets as servers make them; some could be taken for the id of a request. */
const TOKENS = [randomBytes(48).toString('base64url'), randomUUID(), randomBytes(16).toString('hex').toUpperCase(), '73918462057391846205', `${randomBytes(30).toString('base64')}=`]
const SECRET = randomBytes(16).toString('hex')

const CREDENTIALS: Record<string, NonNullable<ZitadelOptions['credentials']>> = {
  'a secret': { clientId: 'orders', clientSecret: SECRET },
  'a key': { key: applicationKey() },
  'a signer': { clientId: 'orders', keyId: '1', alg: 'RS256', sign: anySignature }
}

function allSecrets (): LeakDetector {
  const canaries = new LeakDetector()
  canaries.add(...TOKENS, SECRET, Buffer.from(`orders:${SECRET}`).toString('base64'), ...pkcs1.split('\n').slice(1, -2))
  return canaries
}

interface ProbedApp {
  readonly app: FastifyInstance
  readonly clock: ManualClock
  /** Sends a token to every route, and records the responses. */
  readonly sendToken: (token: string) => Promise<void>
  /** Records all that the decorator returns. */
  readonly collect: () => Promise<void>
}

/** An API whose log lines, errors, return values and responses are recorded. */
async function startProbedApp (t: Test, canaries: LeakDetector, options: ZitadelOptions, ownHandler = false): Promise<ProbedApp> {
  const clock = new ManualClock()
  const warnings = collectWarnings(t)
  const app = Fastify({ logger: { level: 'trace', stream: { write: (line: string) => { canaries.record(line) } } } })
  t.teardown(async () => await app.close())
  app.addHook('onError', async (_request, _reply, error) => {
    for (let each: unknown = error; each instanceof Error; each = each.cause) canaries.record(each)
  })
  if (ownHandler) {
    app.setErrorHandler((error: Error, request, reply) => {
      request.log.error({ err: error, cause: error.cause, token: request.zitadel }, error.message)
      if (error instanceof ZitadelError) reply.code(error.statusCode).headers(error.headers)
      return reply.send({ ...error, message: error.message })
    })
  }
  await app.register(createPlugin(clock), { timeout: 5000, ...options })
  const handler = async ({ log, zitadel }: FastifyRequest): Promise<string> => {
    log.trace({ zitadel, claims: zitadel.claims }, 'served')
    canaries.record(zitadel)
    return 'served'
  }
  app.get('/', handler)
  app.get('/fresh', { config: { scopes: ['email'], freshness: 0 } }, handler)
  app.get('/org', { config: { roles: ['admin'], organization: ({ headers }) => { throw new Error(headers.authorization) } } }, handler)
  return {
    app,
    clock,
    sendToken: async (token) => {
      for (const url of ['/', '/fresh', '/org']) {
        const { headers, body, statusMessage } = await app.inject({ url, headers: bearer(token) })
        canaries.record(`${statusMessage}${JSON.stringify(headers)}${body}`)
        // Longer than each interval of the log and each backoff.
        clock.advance(70)
      }
      await app.zitadel.introspect(token).then((found) => canaries.record(found), (error) => canaries.record(error))
    },
    collect: async () => {
      canaries.record(await app.zitadel.check())
      canaries.record(await app.zitadel.reload())
      await app.zitadel.forget({ token: TOKENS[0]! })
      for (const seen of [app.zitadel, app.zitadel.require(), ...warnings]) canaries.record(seen)
    }
  }
}

for (const [name, credentials] of Object.entries(CREDENTIALS)) {
  for (const ownHandler of [false, true]) {
    t.test(`a secret that a peer sends back appears nowhere: ${name}, ${ownHandler ? 'an error handler that sends everything' : "Fastify's error handler"}`, async (t) => {
      const canaries = allSecrets()
      let echo: Echo
      let form = 0
      const peer = await startPeer(t, (asked) => {
        const assertion = asked.form.get('client_assertion')
        if (assertion !== null) canaries.add(assertion)
        const forms = getEncodings(asked)
        send(asked.response, echo, forms[form++ % forms.length]!)
        return undefined
      })
      const { sendToken, collect } = await startProbedApp(t, canaries, { issuer: peer.origin, credentials, breaker: false, retry: false }, ownHandler)
      // Another token and another form each time: the result for one place does not depend on them.
      for (echo of Object.values(ECHOES)) for (let i = 0; i < 2; i++) await sendToken(TOKENS[form % TOKENS.length]!)
      await collect()
      t.strictSame(canaries.leaks, [])
      t.ok(peer.asked.length > 150 && canaries.recordedLength > 100_000, `${peer.asked.length} requests, ${canaries.recordedLength} characters`)
    })
  }
}

t.test('an accepted token and a token without a required role appear nowhere', async (t) => {
  const canaries = allSecrets()
  const standIn = await startStandIn()
  t.teardown(() => standIn.close())
  canaries.add(...standIn.api.key.key.split('\n').slice(1, -2), standIn.api.clientSecret)
  const { sendToken, collect } = await startProbedApp(t, canaries, { issuer: standIn.issuer, credentials: standIn.credentials })
  for (const format of ['opaque', 'jwt'] as const) {
    const token = await standIn.issueToken({ format, roles: ['admin'] })
    // The header of a JWT contains only how it is signed.
    canaries.add(...token.split('.').slice(format === 'jwt' ? 1 : 0))
    await sendToken(token)
    standIn.revoke(token)
    await sendToken(token)
  }
  await collect()
  canaries.add(...standIn.requests.map(({ body }) => body.get('client_assertion')!).filter(Boolean))
  t.strictSame(canaries.leaks, [])
  t.ok(canaries.recordedLength > 10_000, `${canaries.recordedLength} characters`)
})

t.test('an error of a function of the user appears nowhere', async (t) => {
  const canaries = allSecrets()
  const thrown = (text: string): Error => Object.assign(new Error(text, { cause: new Error(text) }), { code: text, token: text, statusCode: 418 })
  const introspect = (token: string): object => {
    if (token === TOKENS[0]) return activeResponse(roles({ admin: ['org'] }))
    throw thrown(token)
  }
  const sign = (data: Uint8Array): never => {
    const input = Buffer.from(data).toString()
    canaries.add(...input.split('.'))
    throw thrown(input)
  }
  for (const options of [{ introspect }, { issuer: 'http://127.0.0.1:9', credentials: { clientId: 'orders', keyId: '1', alg: 'RS256' as const, sign } }]) {
    const { sendToken, collect } = await startProbedApp(t, canaries, options)
    for (const token of TOKENS) await sendToken(token)
    await collect()
  }
  t.strictSame(canaries.leaks, [])
})

t.test('the detector finds a secret in every form', async (t) => {
  const [token] = TOKENS as [string]
  for (const value of [`at the end ${token}`, Buffer.from(`token=${token}&`).toString('base64'), token.slice(0, 20), new Error('outer', { cause: new Error(token) }), { deep: [{ in: new Map([['a', token]]) }] }]) {
    const canaries = allSecrets()
    canaries.record(value)
    t.not(canaries.leaks.length, 0)
  }
})
