import { systemClock } from '../../clock.ts'
import { isScopeToken } from '../../oauth/bearer.ts'
import { getAudienceScope } from '../../zitadel/scopes.ts'
import { UsageError, type Command, type CommandLine } from '../command.ts'
import { getNumericFlag, getFlag } from '../flags.ts'
import { logInByBrowser } from './code-grant.ts'
import { logInByDevice } from './device-grant.ts'
import { fetchMetadata } from './authorization-server-metadata.ts'
import { parseIssuer } from '../issuer-flag.ts'
import { createSender } from './login-sender.ts'

/** Seconds for a login. */
const TIMEOUT_SECONDS = 300

/** Logs a user in and prints an access token, for curl. */
export const token: Command = {
  usage: `  fastify-zitadel token --client-id ID [--project-id ID] [--scope SCOPE]... [--issuer URL] [--timeout SECONDS]
                        [--port N | --device]
      Logs you in and prints an access token to standard output; all else goes to standard error. ID is a native
      application. With --project-id, the token is for the APIs of that project. The browser of this machine is
      redirected to 127.0.0.1 (--port, or any). With --device, use the browser of any machine.
`,
  flags: {
    issuer: { type: 'string' },
    'client-id': { type: 'string' },
    'project-id': { type: 'string' },
    scope: { type: 'string', multiple: true },
    port: { type: 'string' },
    timeout: { type: 'string' },
    device: { type: 'boolean' }
  },
  run: async ({ values, positionals }, { env, write, writeError, wait }) => {
    if (positionals.length > 0) throw new UsageError('it takes flags only')
    const clientId = getFlag(values, 'client-id')
    if (!clientId) throw new UsageError('--client-id is missing')
    if (values['device'] && values['port'] !== undefined) throw new UsageError('--device and --port exclude each other')
    // The output of a job on a server is kept and shown to others, and there is no person who logs in.
    if (env['CI']) throw new UsageError('a job of a build server cannot log in. Use a service account there')
    const port = getNumericFlag(values, 'port', 0, 65_535) ?? 0
    const timeout = (getNumericFlag(values, 'timeout', 1, 3600) ?? TIMEOUT_SECONDS) * 1000
    const issuer = parseIssuer(getFlag(values, 'issuer') ?? env['ZITADEL_ISSUER'])
    const send = createSender(env)
    const request = { clientId, scope: createScope(values), send, prompt: writeError, wait, now: systemClock.monotonic, timeout }
    const metadata = await fetchMetadata(issuer, send)
    const { token, expiresIn } = await (values['device'] ? logInByDevice(metadata, request) : logInByBrowser(metadata, request, port))
    if (expiresIn !== undefined) writeError(`The token expires in ${Math.round(expiresIn / 60)} minutes\n`)
    write(`${token}\n`)
    return 0
  }
}

/** `openid`, the scopes that are given, and the audience scope of the project. */
function createScope (values: CommandLine['values']): string {
  const projectId = getFlag(values, 'project-id')
  const given = ((values['scope'] ?? []) as string[]).flatMap((text) => text.split(' '))
  if (!given.every(isScopeToken)) throw new UsageError('--scope must be a scope, or several with a space between')
  if (projectId !== undefined && !/^\w+$/.test(projectId)) throw new UsageError('--project-id must be the id of a project')
  return [...new Set(['openid', ...given, ...projectId === undefined ? [] : [getAudienceScope(projectId)]])].join(' ')
}
