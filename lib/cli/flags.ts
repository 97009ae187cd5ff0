import { readFile } from 'node:fs/promises'
import { UsageError, type CommandLine, type Terminal } from './command.ts'

/** Returns the value of a flag; undefined if the flag is not given. */
export function getFlag (values: CommandLine['values'], name: string): string | undefined {
  return values[name] as string | undefined
}

/** The words of messages that a flag replaces. */
const FLAG_REPLACEMENTS: ReadonlyArray<readonly [flag: string, text: string, name: string]> = [
  ['issuer', 'option "issuer"', '--issuer'],
  ['address', 'option "address"', '--address'],
  ['project-id', 'option "projectId"', '--project-id'],
  ['key-file', 'the variable "ZITADEL_KEY_FILE"', '--key-file'],
  ['client-id', 'the variable "ZITADEL_CLIENT_ID"', '--client-id'],
  ['client-id', 'the variables "ZITADEL_CLIENT_ID" and "ZITADEL_CLIENT_SECRET"', '--client-id and the variable "ZITADEL_CLIENT_SECRET"']
]

/** Names the flags that were given in place of their options and variables. */
export function nameFlags (message: string, values: CommandLine['values']): string {
  return FLAG_REPLACEMENTS.reduce((text, [flag, found, name]) => getFlag(values, flag) === undefined ? text : text.replace(found, name), message)
}

/**
 * Reads a secret that is no argument.
 *
 * @param path of a file, or `-` for standard input
 * @param flag that named it
 * @returns the text, without white space around it
 * @throws UsageError if it cannot be read
 */
export async function readSecret (path: string, flag: string, input: Terminal['input']): Promise<string> {
  if (path !== '-') return await readFile(path, 'utf8').then((text) => text.trim(), () => { throw new UsageError(`${flag} must name a readable file`) })
  try {
    let text = ''
    for await (const chunk of input) text += String(chunk)
    return text.trim()
  } catch {
    throw new UsageError(`${flag} is -, and standard input cannot be read`)
  }
}

/**
 * Reads a flag that is a whole number.
 *
 * @throws UsageError if it is less than `least` or more than `most`
 */
export function getNumericFlag (values: CommandLine['values'], name: string, least: number, most: number): number | undefined {
  const text = getFlag(values, name)
  if (text === undefined) return undefined
  const number = /^\d{1,10}$/.test(text) ? Number(text) : NaN
  if (!(number >= least && number <= most)) throw new UsageError(`--${name} must be a whole number from ${least} to ${most}`)
  return number
}
