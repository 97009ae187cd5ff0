import { readFile } from 'node:fs/promises'
import { systemClock } from '../clock.ts'
import type { ZitadelError } from '../errors.ts'
import { createConfig, type Config } from '../options/config.ts'
import { Registration } from '../registration.ts'
import { Reporter } from '../reporter.ts'
import { openIntrospectionSource } from '../source/introspection-source.ts'
import { UsageError, type Command, type CommandLine, type Terminal } from './command.ts'
import { failed, formatDiagnoses, getExitStatus, ok, type Diagnosis } from './diagnosis.ts'
import { diagnoseDiscovery } from './discovery.ts'
import { diagnoseMcp } from './mcp/mcp-doctor.ts'
import { diagnoseToken } from './token.ts'

const FLAG_NAMES = ['issuer', 'address', 'key-file', 'client-id', 'project-id', 'token-file', 'mcp'] as const

const ignore = (): void => {}
/** Each failure is a line of the doctor already. */
const SILENT = { info: ignore, warn: ignore, error: ignore }

/** Follows the way of a token and says what is wrong, with the modules of the plugin. */
export const doctor: Command = {
  usage: `  fastify-zitadel doctor [--issuer URL] [--address URL] [--key-file FILE] [--client-id ID] [--project-id ID]
                         [--token-file FILE] [--json]
  fastify-zitadel doctor --mcp URL [--issuer URL] [--project-id ID] [--token-file FILE] [--json]
      Checks options, credentials, the way to ZITADEL, the clock, and a token (FILE, or - for standard input).
      With --mcp, goes the way of a client of that MCP server instead, without credentials.
      Without flags, the environment of the plugin counts. Exit status 0, 1 for a failure, 2 for warnings only.
`,
  flags: { ...Object.fromEntries(FLAG_NAMES.map((name) => [name, { type: 'string' as const }])), json: { type: 'boolean' } },
  run: async (commandLine, terminal) => {
    if (commandLine.positionals.length > 0) throw new UsageError('it takes flags only. A token is never an argument: use --token-file')
    const diagnoses = await diagnose(commandLine, terminal)
    const status = getExitStatus(diagnoses)
    terminal.write(commandLine.values['json'] ? `${JSON.stringify({ ok: status === 0, checks: diagnoses }, null, 2)}\n` : formatDiagnoses(diagnoses))
    return status
  }
}

async function diagnose ({ values }: CommandLine, terminal: Terminal): Promise<Diagnosis[]> {
  const token = values['token-file'] === undefined ? undefined : await readToken(String(values['token-file']), terminal.input)
  if (values['mcp'] !== undefined) return await diagnoseMcp(String(values['mcp']), token, { issuer: getOptions(values).issuer ?? terminal.env['ZITADEL_ISSUER'], projectId: getOptions(values).projectId })
  let config: Config
  try {
    config = createConfig(getOptions(values), getEnvironment(values, terminal.env))
    await config.authorizationServer!.credentials.read()
  } catch (error) {
    return [failed('options', (error as ZitadelError).message, 'See docs/set-up-zitadel.md')]
  }
  const diagnoses = [ok('options', 'The options are complete, and the credentials can be read')]
  diagnoses.push(...await diagnoseDiscovery(config.authorizationServer!, config.timeout, systemClock.wall))
  const source = await openIntrospectionSource(config, systemClock, new Reporter(SILENT, systemClock), new Registration())
  try {
    const result = await source.check()
    if (!result.ok) return [...diagnoses, failed('credentials', `ZITADEL does not accept this API: ${result.reason}`, 'See docs/outages.md')]
    diagnoses.push(ok('credentials', 'ZITADEL accepts the credentials'))
    if (token !== undefined) diagnoses.push(...await diagnoseToken(token, config, source.introspect, systemClock.wall()))
    return diagnoses
  } finally {
    await source.close()
  }
}

function getOptions (values: CommandLine['values']): Parameters<typeof createConfig>[0] {
  const text = (name: typeof FLAG_NAMES[number]): string | undefined => values[name] as string | undefined
  return { issuer: text('issuer'), address: text('address'), projectId: text('project-id') }
}

/** The flags of the credentials stand for their variables. A secret is no flag, because other users see the arguments of a process. */
function getEnvironment (values: CommandLine['values'], env: Terminal['env']): NodeJS.ProcessEnv {
  const given = { ZITADEL_KEY_FILE: values['key-file'], ZITADEL_CLIENT_ID: values['client-id'] }
  if (given.ZITADEL_KEY_FILE !== undefined) return { ...env, ZITADEL_KEY: '', ZITADEL_CLIENT_ID: '', ZITADEL_CLIENT_SECRET: '', ZITADEL_KEY_FILE: String(given.ZITADEL_KEY_FILE) }
  return given.ZITADEL_CLIENT_ID === undefined ? env : { ...env, ZITADEL_CLIENT_ID: String(given.ZITADEL_CLIENT_ID) }
}

async function readToken (path: string, input: Terminal['input']): Promise<string> {
  if (path !== '-') return await readFile(path, 'utf8').then((text) => text.trim(), () => { throw new UsageError('--token-file must name a readable file') })
  let text = ''
  for await (const chunk of input) text += String(chunk)
  return text.trim()
}
