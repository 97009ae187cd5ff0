import { randomUUID } from 'node:crypto'
import { systemClock } from '../clock.ts'
import type { ZitadelError } from '../errors.ts'
import { createConfig, type Config } from '../options/config.ts'
import { Registration } from '../registration.ts'
import { Reporter } from '../reporter.ts'
import { openIntrospectionSource } from '../source/open-introspection-source.ts'
import { isPlainHttp } from '../plain-http.ts'
import { parseTriedRequest } from './access/access-request.ts'
import { diagnoseAccess } from './access/access-diagnosis.ts'
import { diagnoseCredentials } from './checks/credentials-diagnosis.ts'
import { diagnoseKeyExpiry } from './checks/key-expiry.ts'
import { diagnoseOptions } from './checks/options-diagnosis.ts'
import { diagnoseProxy } from './checks/proxy-diagnosis.ts'
import { diagnoseTokenForm } from './checks/token-form.ts'
import { UsageError, type Command, type CommandLine, type Terminal } from './command.ts'
import { createSuccess, createWarning, type Diagnosis } from './diagnosis.ts'
import { formatDiagnoses, formatDiagnosesAsJson, getExitStatus } from './doctor-output.ts'
import { diagnoseDiscovery } from './checks/discovery-document.ts'
import { getNumericFlag, getFlag, nameFlags, readSecret } from './flags.ts'
import { closeApp, loadApp } from './load-app.ts'
import { diagnoseMcp } from './mcp/mcp-doctor.ts'
import { diagnoseToken } from './checks/introspected-token.ts'

const FLAG_NAMES = ['issuer', 'address', 'key-file', 'client-id', 'project-id', 'token-file', 'timeout', 'mcp', 'app'] as const

/** The flags of each form of the command. Any other would have no effect. */
const FORMS = {
  'with --app': ['app', 'token-file', 'header', 'json'],
  'with --mcp': ['mcp', 'issuer', 'project-id', 'token-file', 'timeout', 'json'],
  'without --app': ['issuer', 'address', 'key-file', 'client-id', 'project-id', 'token-file', 'timeout', 'json']
}

const ignore = (): void => {}
/** Each failure is a line of the doctor already. */
const SILENT = { info: ignore, warn: ignore, error: ignore }

/** Checks each step from the options to a token, with the modules of the plugin. */
export const doctor: Command = {
  usage: `  fastify-zitadel doctor [--issuer URL] [--address URL] [--key-file FILE] [--client-id ID] [--project-id ID]
                         [--token-file FILE] [--timeout MS] [--json]
  fastify-zitadel doctor --app FILE [--token-file FILE] [--header NAME:VALUE]... [--json] METHOD PATH
  fastify-zitadel doctor --mcp URL [--issuer URL] [--project-id ID] [--token-file FILE] [--timeout MS] [--json]
      Checks options, credentials, the way to ZITADEL, the clock, and a token (FILE, or - for standard input).
      With --app, shows whether the app allows a request, by which rule, and what would allow it. No handler of a route runs.
      With --mcp, does what a client of that MCP server does, without credentials, and names what is missing.
      Without flags, the environment of the plugin is used. Exit status 0, 1 for a failure, 2 for warnings only.
`,
  flags: { ...Object.fromEntries(FLAG_NAMES.map((name) => [name, { type: 'string' as const }])), header: { type: 'string', multiple: true }, json: { type: 'boolean' } },
  run: async (commandLine, terminal) => {
    if (commandLine.positionals.length > 0 && commandLine.values['app'] === undefined) throw new UsageError('it takes flags only. A token is never an argument: use --token-file')
    checkFlags(commandLine)
    const report = (diagnoses: readonly Diagnosis[]): number => {
      terminal.write(commandLine.values['json'] ? formatDiagnosesAsJson(diagnoses) : formatDiagnoses(diagnoses, terminal))
      return getExitStatus(diagnoses)
    }
    return commandLine.values['app'] === undefined ? report(await diagnose(commandLine, terminal)) : await diagnoseApp(commandLine, terminal, report)
  }
}

/** @throws UsageError for a flag that has no effect */
function checkFlags ({ values }: CommandLine): void {
  const form = values['app'] !== undefined ? 'with --app' : values['mcp'] !== undefined ? 'with --mcp' : 'without --app'
  const useless = Object.keys(values).find((name) => !FORMS[form].includes(name))
  if (useless !== undefined) throw new UsageError(`--${useless} has no effect ${form}`)
  if (values['key-file'] !== undefined && values['client-id'] !== undefined) throw new UsageError('--key-file and --client-id exclude each other')
}

/** Reports before the app closes, because an app that does not close is a failure of its own. */
async function diagnoseApp (commandLine: CommandLine, { input }: Terminal, report: (diagnoses: readonly Diagnosis[]) => number): Promise<number> {
  const request = parseTriedRequest(commandLine)
  const path = getFlag(commandLine.values, 'token-file')
  const token = path === undefined ? undefined : await readSecret(path, '--token-file', input)
  const file = getFlag(commandLine.values, 'app')!
  const app = await loadApp(file)
  try {
    return report(await diagnoseAccess(app, request, token))
  } finally {
    await closeApp(file, app)
  }
}

async function diagnose ({ values }: CommandLine, terminal: Terminal): Promise<Diagnosis[]> {
  const path = getFlag(values, 'token-file')
  const token = path === undefined ? undefined : await readSecret(path, '--token-file', terminal.input)
  const timeout = getNumericFlag(values, 'timeout', 1, 600_000)
  const mcp = getFlag(values, 'mcp')
  if (mcp !== undefined) return await diagnoseMcp(mcp, token, { issuer: getFlag(values, 'issuer') ?? terminal.env['ZITADEL_ISSUER'], projectId: getFlag(values, 'project-id'), timeout, env: terminal.env })
  const env = getEnvironment(values, terminal.env)
  let config: Config
  let client: { readonly clientId: string, readonly expiresAt?: number }
  let expiry: Diagnosis | undefined
  try {
    config = createConfig({ issuer: getFlag(values, 'issuer'), address: getFlag(values, 'address'), projectId: getFlag(values, 'project-id'), timeout }, env)
    const { credentials } = config.authorizationServer!
    client = await credentials.read()
    expiry = diagnoseKeyExpiry(client.expiresAt, systemClock.wall())
  } catch (error) {
    return [diagnoseOptions((error as ZitadelError).message, (message) => nameFlags(message, values))]
  }
  const way = await diagnoseWay(config)
  return [
    expiry ?? createSuccess('options', 'The options are complete, and the credentials can be read'),
    ...way,
    // A second failure for the same reason has no use.
    ...way.some(({ id, status }) => id === 'connection' && status === 'failed') ? diagnoseFormOnly(token, config) : await diagnoseApi(config, client, token, way)
  ]
}

async function diagnoseWay ({ authorizationServer, timeout }: Config): Promise<Diagnosis[]> {
  return [
    ...isPlainHttp(authorizationServer!.endpoint.origin) ? [createWarning('connection', 'plain_http', 'Tokens and credentials go to ZITADEL over plain http')] : [],
    ...diagnoseProxy(authorizationServer!.proxy),
    ...await diagnoseDiscovery(authorizationServer!, timeout, systemClock.wall)
  ]
}

async function diagnoseApi (config: Config, client: { readonly clientId: string }, token: string | undefined, way: readonly Diagnosis[]): Promise<Diagnosis[]> {
  const source = await openIntrospectionSource(config, systemClock, new Reporter(SILENT, systemClock), new Registration())
  try {
    // Any response to a random token means that ZITADEL accepts this API.
    const failure = await source.introspect(randomUUID(), { onSend () {} }).then(() => undefined, (error: ZitadelError) => error.cause as Error)
    const credentials = diagnoseCredentials(failure, !('alg' in client), way.some(({ cause }) => cause === 'clock_ahead'))
    if (failure !== undefined || token === undefined) return [credentials, ...diagnoseFormOnly(token, config)]
    return [credentials, ...await diagnoseToken(token, config, client.clientId, source.introspect, systemClock.wall())]
  } finally {
    await source.close()
  }
}

/** What a token shows without ZITADEL. */
function diagnoseFormOnly (token: string | undefined, config: Config): Diagnosis[] {
  return token === undefined ? [] : [diagnoseTokenForm(token, config, systemClock.wall()).diagnosis]
}

/** The flags of the credentials replace their variables. A secret is no flag, because other users see the arguments of a process. */
function getEnvironment (values: CommandLine['values'], env: Terminal['env']): NodeJS.ProcessEnv {
  const [keyFile, clientId] = [getFlag(values, 'key-file'), getFlag(values, 'client-id')]
  if (keyFile !== undefined) return { ...env, ZITADEL_KEY: '', ZITADEL_CLIENT_ID: '', ZITADEL_CLIENT_SECRET: '', ZITADEL_KEY_FILE: keyFile }
  return clientId === undefined ? env : { ...env, ZITADEL_CLIENT_ID: clientId }
}
