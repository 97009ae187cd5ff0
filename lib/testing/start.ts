import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { apiOptionNames } from './api.ts'
import { Applications, defaultProjectId as projectId } from './applications.ts'
import type { Instance } from './exchange.ts'
import { FaultPlan } from './fault-plan.ts'
import { domains } from './instance.ts'
import { checkNames } from './known-names.ts'
import { replays } from './replays.ts'
import { RequestLog } from './request-log.ts'
import { route } from './router.ts'
import { httpServer } from './server.ts'
import { standInOptionNames, type StandIn, type StandInOptions } from './stand-in.ts'
import { tokenOptionNames } from './token-options.ts'
import { Tokens } from './tokens.ts'

const loginClientId = '280000000000000100'

/**
 * Starts a stand-in ZITADEL on 127.0.0.1, with one project and one API in it: real HTTP, real client authentication,
 * ZITADEL's status codes and bodies.
 *
 * @example
 * const standIn = await startStandIn()
 * await app.register(zitadel, { issuer: standIn.issuer, credentials: standIn.credentials })
 * const token = await standIn.issueToken({ roles: ['admin'] })
 * const response = await app.inject({ url: '/orders', headers: { authorization: `Bearer ${token}` } })
 * await standIn.close()
 */
export async function startStandIn (options: StandInOptions = {}): Promise<StandIn> {
  checkNames(options, standInOptionNames, 'startStandIn')
  const { port = 0, clock = () => Date.now() } = options
  if (options.issuer !== undefined) checkOrigin(options.issuer)
  const applications = new Applications(clock)
  applications.registerPublic(loginClientId, projectId)
  const api = await applications.register({ projectRoles: options.projectRoles ?? [] })

  const faults = new FaultPlan()
  const log = new RequestLog()
  const server = httpServer({
    answer: (exchange, fault) => route(exchange, instance, fault),
    record: (request) => { log.add(request) },
    nextFault: () => faults.next(),
    clock
  })
  await once(server.listen(port, '127.0.0.1'), 'listening')
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const issuer = options.issuer ?? address
  const tokens = new Tokens({ issuer, projectId, loginClientId, applications, clock })
  const instance: Instance = {
    applications,
    tokens,
    clock,
    domains: domains(issuer, options),
    refuseTwoMethods: options.refuseTwoMethods ?? false,
    isReplay: replays()
  }

  return {
    issuer,
    address,
    projectId,
    loginClientId,
    api,
    credentials: { key: api.key },
    addApi: async (apiOptions = {}) => {
      checkNames(apiOptions, apiOptionNames, 'addApi')
      return await applications.register(apiOptions)
    },
    issueToken: async (tokenOptions = {}) => {
      checkNames(tokenOptions, tokenOptionNames, 'issueToken')
      return await tokens.issue(tokenOptions)
    },
    refreshToken: async (token) => await tokens.refresh(token),
    setRoles: (token, roles) => { tokens.setRoles(token, roles) },
    revoke: (token) => { tokens.end(token, 'revoked') },
    deactivateUser: (sub) => { tokens.endAllOf(sub, 'user deactivated') },
    fail: (fault, { times = Infinity } = {}) => { faults.set(fault, times) },
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
