import { isB64Token } from '../../oauth/bearer.ts'
import { resolveProxy } from '../../options/proxy-config.ts'
import { UsageError, type Command, type CommandLine, type Terminal } from '../command.ts'
import { getFlag, readSecret } from '../flags.ts'
import { parseIssuer } from '../issuer-flag.ts'
import { formatJson, toPrintable } from '../printable.ts'
import { ActionsApi, ApiError, type ApiCall } from './actions-api.ts'
import { listDeliveryWarnings } from './delivery-warnings.ts'
import { NEW_TARGET_ID, planCleanUp, planSetup, withTargetId, type ExistingActions } from './events-plan.ts'
import { createSigningKeyFile } from './signing-key-file.ts'

const NOTHING: ExistingActions = { targets: [], executions: [] }

/** Sets ZITADEL up to deliver the events of the option `events`. */
export const events: Command = {
  usage: `  fastify-zitadel events --url URL [--issuer URL] [--name NAME] [--admin-token-file FILE] [--apply | --remove]
                         [--signing-key-file FILE] [--json]
      Prints the calls of ZITADEL's API that let it deliver events to URL, the route of the option "events". With
      the token of an administrator (FILE, - for standard input, or ZITADEL_ADMIN_TOKEN), what exists is kept.
      --apply makes the calls, and writes the signing key to FILE (default zitadel-signing-key). --remove undoes
      them; together with --apply it makes the calls.
`,
  flags: {
    url: { type: 'string' },
    issuer: { type: 'string' },
    name: { type: 'string' },
    'admin-token-file': { type: 'string' },
    'signing-key-file': { type: 'string', default: 'zitadel-signing-key' },
    apply: { type: 'boolean' },
    remove: { type: 'boolean' },
    json: { type: 'boolean' }
  },
  run: async ({ values, positionals }, terminal) => {
    if (positionals.length > 0) throw new UsageError('it takes flags only')
    const url = checkUrl(getFlag(values, 'url'))
    const token = await readToken(values, terminal)
    const isChange = values['apply'] === true
    if (token === undefined && (isChange || values['remove'])) throw new UsageError('--apply and --remove need the token of an administrator: --admin-token-file, or the variable ZITADEL_ADMIN_TOKEN')
    const warnings = values['remove'] ? [] : listDeliveryWarnings(url)
    if (token === undefined) warnings.push('Without the token of an administrator, executions that exist are unknown: these calls would replace them')
    for (const warning of warnings) terminal.writeError(`warning: ${warning}\n`)
    const api = token === undefined ? undefined : createApi(values, token, terminal.env)
    const existing = api === undefined ? NOTHING : { targets: await api.listTargets(), executions: await api.listEventExecutions() }
    const calls = values['remove'] ? planCleanUp(url.href, existing) : planSetup(getFlag(values, 'name') ?? 'fastify-zitadel', url.href, existing)
    if (isChange) await makeCalls(api!, calls, getFlag(values, 'signing-key-file')!, terminal)
    terminal.write(values['json'] ? formatJson({ applied: isChange, calls, warnings }) : formatCalls(calls, isChange))
    return 0
  }
}

function createApi (values: CommandLine['values'], token: string, env: Terminal['env']): ActionsApi {
  const issuer = parseIssuer(getFlag(values, 'issuer') ?? env['ZITADEL_ISSUER'])
  return new ActionsApi(issuer, token, resolveProxy(issuer, env)?.server)
}

async function makeCalls (api: ActionsApi, calls: readonly ApiCall[], path: string, { writeError }: Terminal): Promise<void> {
  let id: string = NEW_TARGET_ID
  for (const [index, call] of calls.entries()) {
    writeError(`${index + 1} of ${calls.length}\n`)
    if (call.path === '/v2/actions/targets') id = await createTarget(api, call, path, writeError)
    else await api.send(withTargetId(call, id))
  }
}

async function createTarget (api: ActionsApi, call: ApiCall, path: string, writeError: Terminal['writeError']): Promise<string> {
  const file = await createSigningKeyFile(path)
  const { id, signingKey } = await api.send(call).then((target) => {
    const { id, signingKey } = target
    if (!isText(id) || !isText(signingKey)) throw new ApiError('ZITADEL created the target, and sent no id or no signing key. Remove the target: --remove --apply')
    return { id, signingKey }
  }).catch(async (error) => {
    await file.discard()
    throw error
  })
  await file.write(signingKey)
  writeError('The signing key is in the file of --signing-key-file. Give it to the option "events.signingKey"\n')
  return id
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''

function checkUrl (text: string | undefined): URL {
  const url = URL.canParse(String(text)) ? new URL(text!) : undefined
  if (url === undefined || !['http:', 'https:'].includes(url.protocol) || url.username !== '' || url.password !== '' || url.hash !== '') {
    throw new UsageError('--url must be the URL of the route of the option "events", such as https://api.acme.example/zitadel/events')
  }
  return url
}

async function readToken (values: CommandLine['values'], { env, input }: Terminal): Promise<string | undefined> {
  const path = getFlag(values, 'admin-token-file')
  const token = path === undefined ? env['ZITADEL_ADMIN_TOKEN']?.trim() : await readSecret(path, '--admin-token-file', input)
  if (token === undefined || (token === '' && path === undefined)) return undefined
  if (!isB64Token(token)) throw new UsageError('the token of the administrator is no bearer token')
  return token
}

function formatCalls (calls: readonly ApiCall[], isApplied: boolean): string {
  if (calls.length === 0) return 'Nothing to do\n'
  const lines = calls.map(({ method, path, body }) => `${toPrintable(`${method} ${path}${body === undefined ? '' : ` ${JSON.stringify(body)}`}`)}\n`)
  return `${lines.join('')}${isApplied ? 'Done\n' : 'Nothing was changed. --apply makes these calls\n'}`
}
