import type { FastifyInstance } from 'fastify'
import type { LogoutRejection } from '../channels.ts'
import type { Clock } from '../clock.ts'
import { formatFailure } from '../failures.ts'
import type { LogoutConfig } from '../options/logout-config.ts'
import type { Registration } from '../registration.ts'
import { PLUGIN_ROUTE } from '../options/route-options.ts'
import type { Reporter } from '../reporter.ts'
import type { DoubtTarget } from '../zitadel/verdict-target.ts'
import { IssuerKeys } from './issuer-keys.ts'
import { LogoutMemory } from './logout-memory.ts'
import { verifyLogoutToken } from './logout-token.ts'

export interface LogoutContext {
  readonly issuer: string
  readonly registration: Registration
  readonly reporter: Reporter
  readonly clock: Clock
  /** Fetches the public keys of the issuer. */
  readonly fetchKeys: () => Promise<unknown>
  /** Makes verdicts doubtful. */
  readonly doubt: (target: DoubtTarget) => void
}

/** A logout token of ZITADEL has less than 1 KiB. */
const MAX_BODY_BYTES = 16_384

const MESSAGES: Readonly<Record<LogoutRejection, string>> = {
  malformed: 'the form has no well-formed logout token',
  signature: 'its signature is not by a key of the issuer',
  issuer: 'it is of another issuer',
  audience: 'it is for another client: check the option "backChannelLogout.clientId"',
  time: 'it has expired, or is from the future: check the clock',
  claims: 'it is no logout token',
  replay: 'it was delivered before',
  keys: 'the keys of the issuer could not be fetched'
}

/**
 * Serves the route for logout tokens. It needs no access token, because ZITADEL signs logout tokens, and it is in no OpenAPI
 * document.
 *
 * @see {@link https://openid.net/specs/openid-connect-backchannel-1_0.html#BCRequest OpenID Connect Back-Channel Logout section 2.5}
 */
export function serveLogout (app: FastifyInstance, { path, clientIds }: LogoutConfig, { issuer, registration, reporter, clock, fetchKeys, doubt }: LogoutContext): void {
  const reject = (what: string): void => reporter.report('warn', 'FST_ZITADEL_LOGOUT', what)
  const keys = new IssuerKeys(fetchKeys, (error) => reject(`the keys of the issuer could not be fetched: ${formatFailure(error)}`), clock)
  const memory = new LogoutMemory()

  const receive = async (body: unknown): Promise<LogoutRejection | undefined> => {
    const token = parseForm(body)
    if (token === undefined) return 'malformed'
    const logout = await verifyLogoutToken(token, { issuer, clientIds, getKey: keys.find }, clock.wall())
    if (typeof logout === 'string') return logout
    const { jti, sub, sid } = logout
    if (memory.recordLogout(jti)) return 'replay'
    // Introspections do not name the session of a login, so the tokens of the user's other sessions are introspected again too.
    doubt(sub === undefined ? { session: sid! } : { sub })
    return undefined
  }

  app.register(async function fastifyZitadelLogout (scope) {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string', bodyLimit: MAX_BODY_BYTES }, (_request, body, done) => { done(null, body) })
    scope.addHook('onRequest', function fastifyZitadelNoStore (_request, reply, done) {
      reply.header('cache-control', 'no-store')
      done()
    })
    scope.post(path, { config: { access: 'public', [PLUGIN_ROUTE]: true } as object, schema: { hide: true } as object, bodyLimit: MAX_BODY_BYTES }, async (request, reply) => {
      const reason = await receive(request.body)
      registration.publishLogout(reason === undefined ? 'applied' : 'rejected', reason)
      if (reason === undefined) return await reply.code(200).send()
      reject(`a logout token was rejected: ${MESSAGES[reason]}`)
      // The status for every failure, ours and the issuer's too (section 2.8).
      return await reply.code(400).send({ error: 'invalid_request' })
    })
  })
}

/** The logout token of a form; undefined unless the form has exactly one. */
function parseForm (body: unknown): string | undefined {
  const tokens = typeof body === 'string' ? new URLSearchParams(body).getAll('logout_token') : []
  return tokens.length === 1 ? tokens[0] : undefined
}
