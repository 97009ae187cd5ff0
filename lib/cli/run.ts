import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { CommandError, UsageError, type Command, type CommandLine, type Terminal } from './command.ts'
import { doctor } from './doctor.ts'
import { events } from './events/events-command.ts'
import { token } from './login/token-command.ts'
import { routes } from './routes.ts'
import { standIn } from './stand-in-command.ts'
import { isOptionError } from './user-code.ts'
import { suggestName } from '../options/suggest-name.ts'

const COMMANDS = new Map<string, Command>([['doctor', doctor], ['routes', routes], ['token', token], ['events', events], ['stand-in', standIn]])

const COMMON_FLAGS = `  Each command takes --env-file FILE, which sets the variables of FILE that are not set yet, and --help.
`

/**
 * Runs `fastify-zitadel <command>`.
 *
 * @param args without the program
 * @returns the exit status: 0, 1 for a failure, 2 for warnings only
 */
export async function run (args: readonly string[], terminal: Terminal): Promise<number> {
  const [name = 'help', ...rest] = args
  const command = COMMANDS.get(name)
  try {
    if (command === undefined) return await runWithoutCommand(name, terminal)
    const { values: { help, 'env-file': envFile, ...values }, positionals } = parse(rest, command)
    if (help === true) {
      terminal.write(`Usage:\n${command.usage}${COMMON_FLAGS}`)
      return 0
    }
    if (envFile !== undefined) loadEnvironment(String(envFile), terminal)
    return await command.run({ values, positionals }, terminal)
  } catch (error) {
    const isUsage = error instanceof UsageError
    if (!isUsage && !(error instanceof CommandError) && !isOptionError(error)) throw error
    const program = command === undefined ? 'fastify-zitadel' : `fastify-zitadel ${name}`
    terminal.writeError(`${program}: ${error.message}\n${isUsage ? `See ${program} --help\n` : ''}`)
    return 1
  }
}

/** @throws UsageError for an unknown command */
async function runWithoutCommand (name: string, { write, packageFolder }: Terminal): Promise<number> {
  if (['help', '--help', '-h'].includes(name)) write(`Usage:\n${[...COMMANDS.values()].map(({ usage }) => usage).join('')}${COMMON_FLAGS}`)
  else if (['--version', '-v'].includes(name)) write(`${(JSON.parse(await readFile(join(packageFolder, 'package.json'), 'utf8')) as { version: string }).version}\n`)
  else throw new UsageError(describeUnknown('command', '', name, [...COMMANDS.keys()]))
  return 0
}

/** @throws UsageError if the file cannot be read */
function loadEnvironment (file: string, { loadEnvFile }: Terminal): void {
  try {
    loadEnvFile(file)
  } catch {
    throw new UsageError('--env-file must name a readable file')
  }
}

/** @throws UsageError for an unknown flag, and for one without its value */
function parse (args: string[], { flags }: Command): CommandLine {
  const options = { ...flags, help: { type: 'boolean', short: 'h' }, 'env-file': { type: 'string' } } as const
  try {
    return parseArgs({ args, options, allowPositionals: true }) as CommandLine
  } catch {
    // The message of Node.js quotes the argument, which may be a token.
    const unknown = args.filter((each) => each.startsWith('--')).map((each) => each.slice(2).split('=', 1)[0]!).find((name) => !Object.hasOwn(options, name))
    throw new UsageError(unknown === undefined ? 'an argument is unknown, or the value of a flag is missing' : describeUnknown('flag', '--', unknown, Object.keys(options)))
  }
}

/** A name that no token can be: a few words in lower case. */
const PLAIN_NAME = /^[a-z]{1,12}(?:-[a-z]{1,12}){0,2}$/

function describeUnknown (noun: string, prefix: string, name: string, known: readonly string[]): string {
  const suggested = suggestName(name, known, true)
  return `unknown ${noun}${PLAIN_NAME.test(name) ? ` ${prefix}${name}` : ''}${suggested === undefined ? '' : `: did you mean ${prefix}${suggested}?`}`
}
