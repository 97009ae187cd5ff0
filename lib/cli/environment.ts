import { readFile } from 'node:fs/promises'
import { UsageError, type CommandLine, type Terminal } from './command.ts'

/** A flag that stands for one value, if it is given. */
export function getText (values: CommandLine['values'], name: string): string | undefined {
  return values[name] as string | undefined
}

/** The flags of the credentials stand for their variables. A secret is no flag, because other users see the arguments of a process. */
export function getEnvironment (values: CommandLine['values'], env: Terminal['env']): NodeJS.ProcessEnv {
  const [keyFile, clientId] = [getText(values, 'key-file'), getText(values, 'client-id')]
  if (keyFile !== undefined) return { ...env, ZITADEL_KEY: '', ZITADEL_CLIENT_ID: '', ZITADEL_CLIENT_SECRET: '', ZITADEL_KEY_FILE: keyFile }
  return clientId === undefined ? env : { ...env, ZITADEL_CLIENT_ID: clientId }
}

/**
 * Reads a secret that is no argument.
 *
 * @param path of a file, or `-` for standard input
 * @param flag that named it
 * @returns the text, without white space around it
 */
export async function readSecret (path: string, flag: string, input: Terminal['input']): Promise<string> {
  if (path !== '-') return await readFile(path, 'utf8').then((text) => text.trim(), () => { throw new UsageError(`${flag} must name a readable file`) })
  let text = ''
  for await (const chunk of input) text += String(chunk)
  return text.trim()
}

/**
 * Reads a flag that is a whole number.
 *
 * @throws UsageError if it is less than `least` or more than `most`
 */
export function getNumber (values: CommandLine['values'], name: string, least: number, most: number): number | undefined {
  const text = getText(values, name)
  if (text === undefined) return undefined
  const number = /^\d{1,10}$/.test(text) ? Number(text) : NaN
  if (!(number >= least && number <= most)) throw new UsageError(`--${name} must be a whole number from ${least} to ${most}`)
  return number
}
