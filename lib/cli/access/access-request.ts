import { UsageError, type CommandLine } from '../command.ts'
import type { TriedRequest } from './probe-request.ts'

/** Headers that hold secrets. Other users of the machine see the arguments of a process. */
const SECRET_HEADERS = ['authorization', 'cookie', 'proxy-authorization']

/**
 * Reads the request that `doctor --app` tries.
 *
 * @throws UsageError
 */
export function parseTriedRequest ({ values, positionals }: CommandLine): TriedRequest {
  const [method, url] = positionals
  if (positionals.length !== 2 || !/^[A-Za-z-]+$/.test(method!) || !url!.startsWith('/')) throw new UsageError('--app needs a method and a path, such as GET /orders/1')
  const headers = ((values['header'] ?? []) as string[]).map((text) => {
    const header = /^([\w-]+): ?([\x20-\x7E]*)$/.exec(text)
    if (header === null) throw new UsageError('--header must be NAME:VALUE')
    const name = header[1]!.toLowerCase()
    if (SECRET_HEADERS.includes(name)) throw new UsageError('a header with a secret is never an argument: use --token-file')
    return [name, header[2]!] as const
  })
  return { method: method!, url: url!, headers: Object.fromEntries(headers) }
}
