import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { API_OPTION_CHECKS } from './instance/api.ts'
import { ApplicationStore, DEFAULT_PROJECT_ID as projectId } from './instance/applications.ts'
import type { EndpointContext } from './endpoints/context.ts'
import { createDomains } from './instance/origin.ts'
import { EventBodies, type EventBody } from './events/event-body.ts'
import { WebhookSender } from './events/webhook-target.ts'
import { checkOptionValues, omitUndefined } from './options/option-values.ts'
import { FaultPlan } from './faults.ts'
import { createReplayDetector } from './endpoints/replay-detector.ts'
import { RequestLog } from './server/request-log.ts'
import { routeRequest } from './server/router.ts'
import { createHttpServer } from './server/http-server.ts'
import { STAND_IN_OPTION_CHECKS, type StandIn, type StandInOptions } from './stand-in.ts'
import { LOGOUT_TOKEN_OPTION_CHECKS, createLogoutToken } from './tokens/logout-token-format.ts'
import { TOKEN_OPTION_CHECKS } from './tokens/token-options.ts'
import { TokenStore } from './tokens/token-store.ts'

const LOGIN_CLIENT_ID = '280000000000000100'

/**
 * Starts a stand-in for ZITADEL on 127.0.0.1, with one project and one API: real HTTP, real client authentication, the status
 * codes and bodies of ZITADEL.
 *
 * @throws TypeError for an unknown option, a value of a wrong type, or an `issuer` that is not an origin
 *
 * @example
 * const standIn = await startStandIn()
 * await app.register(zitadel, { issuer: standIn.issuer, credentials: standIn.credentials })
 * const token = await standIn.issueToken({ roles: ['admin'] })
 * const response = await app.inject({ url: '/orders', headers: { authorization: `Bearer ${token}` } })
 * await standIn.close()
 */
export async function startStandIn (options: StandInOptions = {}): Promise<StandIn> {
  checkOptionValues(options, STAND_IN_OPTION_CHECKS, 'startStandIn')
  const { port = 0, clock = () => Date.now() } = options
  if (options.issuer !== undefined) checkOrigin(options.issuer)
  const applications = new ApplicationStore(clock)
  applications.registerPublic(LOGIN_CLIENT_ID, projectId)
  const api = await applications.register({ projectRoles: options.projectRoles ?? [] })

  const faults = new FaultPlan()
  const log = new RequestLog()
  const server = createHttpServer({
    handle: (request, fault) => routeRequest(request, context, fault),
    record: (request) => { log.add(request) },
    nextFault: () => faults.next(),
    clock
  })
  await once(server.listen(port, '127.0.0.1'), 'listening')
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const issuer = options.issuer ?? address
  const bodies = new EventBodies(clock)
  const targets: WebhookSender[] = []
  const publish = (event: EventBody): void => { for (const target of targets) target.push(event) }
  const tokens = new TokenStore({ issuer, projectId, loginClientId: LOGIN_CLIENT_ID, applications, clock }, (change) => { publish(bodies.createTokenEvent(change)) })
  const endUser = (sub: string, type: 'user.locked' | 'user.deactivated'): void => {
    publish(bodies.createUserEvent(type, sub, tokens.endAllOfUser(sub, type.replace('.', ' '))))
  }
  const context: EndpointContext = {
    applications,
    tokens,
    clock,
    domains: createDomains(issuer, options),
    refuseTwoMethods: options.refuseTwoMethods ?? false,
    recordAssertion: createReplayDetector()
  }

  return {
    issuer,
    address,
    projectId,
    loginClientId: LOGIN_CLIENT_ID,
    api,
    credentials: { key: api.key },
    env: { ZITADEL_ISSUER: issuer, ZITADEL_KEY: JSON.stringify(api.key), ZITADEL_KEY_FILE: '', ZITADEL_CLIENT_ID: '', ZITADEL_CLIENT_SECRET: '' },
    addApi: async (apiOptions = {}) => {
      checkOptionValues(apiOptions, API_OPTION_CHECKS, 'addApi')
      return await applications.register(apiOptions)
    },
    issueToken: async (tokenOptions = {}) => {
      checkOptionValues(tokenOptions, TOKEN_OPTION_CHECKS, 'issueToken')
      return await tokens.issue(tokenOptions)
    },
    refreshToken: async (token) => await tokens.refresh(token),
    setRoles: (token, roles) => { tokens.setRoles(token, roles) },
    revoke: (token) => { tokens.revoke(token) },
    deactivateUser: (sub) => { endUser(sub, 'user.deactivated') },
    lockUser: (sub) => { endUser(sub, 'user.locked') },
    addWebhookTarget: (receiver) => {
      const target = new WebhookSender(receiver, clock)
      targets.push(target)
      return target
    },
    createLogoutToken: async (logoutOptions = {}) => {
      checkOptionValues(logoutOptions, LOGOUT_TOKEN_OPTION_CHECKS, 'createLogoutToken')
      return await createLogoutToken({ clientId: LOGIN_CLIENT_ID, ...omitUndefined(logoutOptions) }, issuer, Math.floor(clock() / 1000))
    },
    fail: (fault, failOptions = {}) => {
      faults.set(fault, failOptions)
    },
    requests: log.requests,
    close: async () => {
      if (!server.listening) return
      server.closeAllConnections()
      await once(server.close(), 'close')
    }
  }
}

function checkOrigin (issuer: string): void {
  if (URL.canParse(issuer) && new URL(issuer).origin === issuer) return
  throw new TypeError(`"issuer" must be an origin such as https://auth.acme.example, not ${issuer}`)
}
