import { parseTriedRequest } from './access/access-request.ts'
import { diagnoseAccess } from './access/access-diagnosis.ts'
import { diagnoseSetup } from './checks/setup-diagnosis.ts'
import { UsageError, type Command, type CommandLine, type Terminal } from './command.ts'
import type { Diagnosis } from './diagnosis.ts'
import { formatDiagnoses, formatDiagnosesAsJson, getExitStatus } from './doctor-output.ts'
import { getNumericFlag, getFlag, readSecret } from './flags.ts'
import { closeApp, loadApp } from './load-app.ts'
import { diagnoseMcp } from './mcp/mcp-doctor.ts'

const FLAG_NAMES = ['issuer', 'address', 'key-file', 'client-id', 'project-id', 'token-file', 'timeout', 'mcp', 'app'] as const

/** The flags of each form of the command. Any other would have no effect. */
const FORMS = {
  'with --app': ['app', 'token-file', 'header', 'json'],
  'with --mcp': ['mcp', 'issuer', 'project-id', 'token-file', 'timeout', 'json'],
  'without --app': ['issuer', 'address', 'key-file', 'client-id', 'project-id', 'token-file', 'timeout', 'json']
}

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
    return commandLine.values['app'] === undefined ? report(await diagnoseWithoutApp(commandLine, terminal)) : await diagnoseApp(commandLine, terminal, report)
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
async function diagnoseApp (commandLine: CommandLine, terminal: Terminal, report: (diagnoses: readonly Diagnosis[]) => number): Promise<number> {
  const request = parseTriedRequest(commandLine)
  const token = await readToken(commandLine, terminal)
  const file = getFlag(commandLine.values, 'app')!
  const app = await loadApp(file)
  try {
    return report(await diagnoseAccess(app, request, token))
  } finally {
    await closeApp(file, app)
  }
}

async function diagnoseWithoutApp (commandLine: CommandLine, terminal: Terminal): Promise<Diagnosis[]> {
  const { values } = commandLine
  const { env } = terminal
  const token = await readToken(commandLine, terminal)
  const timeout = getNumericFlag(values, 'timeout', 1, 600_000)
  const mcp = getFlag(values, 'mcp')
  if (mcp === undefined) return await diagnoseSetup(values, env, token, timeout)
  return await diagnoseMcp(mcp, token, { issuer: getFlag(values, 'issuer') ?? env['ZITADEL_ISSUER'], projectId: getFlag(values, 'project-id'), timeout, env })
}

async function readToken ({ values }: CommandLine, { input }: Terminal): Promise<string | undefined> {
  const path = getFlag(values, 'token-file')
  return path === undefined ? undefined : await readSecret(path, '--token-file', input)
}
