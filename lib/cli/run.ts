import { parseArgs } from 'node:util'
import { CommandError, UsageError, type Command, type CommandLine, type Terminal } from './command.ts'
import { doctor } from './doctor.ts'
import { events } from './events/events-command.ts'
import { token } from './login/token-command.ts'
import { routes } from './routes.ts'
import { standIn } from './stand-in-command.ts'
import { suggestName } from '../options/suggest-name.ts'

const COMMANDS = new Map<string, Command>([['doctor', doctor], ['routes', routes], ['token', token], ['events', events], ['stand-in', standIn]])

/**
 * Runs `fastify-zitadel <command>`.
 *
 * @param args without the program
 * @returns the exit status: 0, 1 for a failure, 2 for warnings only
 */
export async function run (args: readonly string[], terminal: Terminal): Promise<number> {
  const [name = 'help', ...rest] = args
  const command = COMMANDS.get(name)
  if (command === undefined) {
    const isHelp = ['help', '--help', '-h'].includes(name)
    const write = isHelp ? terminal.write : terminal.writeError
    write(`${isHelp ? '' : `fastify-zitadel: ${describeUnknown('command', '', name, [...COMMANDS.keys()])}\n\n`}Usage:\n${[...COMMANDS.values()].map(({ usage }) => usage).join('')}`)
    return isHelp ? 0 : 1
  }
  try {
    const commandLine = parse(rest, command)
    if (commandLine.values['help'] === true) {
      terminal.write(`Usage:\n${command.usage}`)
      return 0
    }
    return await command.run(commandLine, terminal)
  } catch (error) {
    const isUsage = error instanceof UsageError
    if (!isUsage && !(error instanceof CommandError) && !isOptionError(error)) throw error
    terminal.writeError(`fastify-zitadel ${name}: ${error.message}\n${isUsage ? `\nUsage:\n${command.usage}` : ''}`)
    return 1
  }
}

/** By its code, because the app that a command loads can have another copy of this package. */
function isOptionError (error: unknown): error is Error {
  return (error as { code?: unknown } | null)?.code === 'FST_ZITADEL_OPTION'
}

/** @throws UsageError for an unknown flag, and for one without its value */
function parse (args: string[], { flags }: Command): CommandLine {
  const options = { ...flags, help: { type: 'boolean', short: 'h' } } as const
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
  const suggested = suggestName(name, known)
  return `unknown ${noun}${PLAIN_NAME.test(name) ? ` ${prefix}${name}` : ''}${suggested === undefined ? '' : `: did you mean ${prefix}${suggested}?`}`
}
