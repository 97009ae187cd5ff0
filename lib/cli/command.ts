import type { ParseArgsConfig } from 'node:util'

/** What a command needs of its process. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Sets the variables of a file that `env` does not have. Throws if the file cannot be read. */
  readonly loadEnvFile: (file: string) => void
  readonly input: AsyncIterable<Uint8Array | string>
  readonly write: (text: string) => void
  readonly writeError: (text: string) => void
  /** Resolves when the user ends the command. */
  readonly untilInterrupted: () => Promise<void>
  /** Whether `write` goes to a terminal that shows colours. */
  readonly isColored: boolean
  /** The folder of this package, which has the documents. */
  readonly packageFolder: string
  /** Waits so many milliseconds. Rejects if the signal aborts. */
  readonly wait: (milliseconds: number, signal?: AbortSignal) => Promise<unknown>
}

/** Values of flags by their names, and what is no flag. */
export interface CommandLine {
  readonly values: Readonly<Record<string, string | boolean | string[] | undefined>>
  readonly positionals: readonly string[]
}

/** A command of the program. */
export interface Command {
  /** Its lines of the help. */
  readonly usage: string
  readonly flags: NonNullable<ParseArgsConfig['options']>
  /** Resolves with the exit status. */
  readonly run: (commandLine: CommandLine, terminal: Terminal) => Promise<number>
}

/** A command has failed. Its message is written to standard error, and the exit status is 1. */
export class CommandError extends Error {}

/** A mistake in the command line. Its message is written to standard error, and the exit status is 1. */
export class UsageError extends Error {}
