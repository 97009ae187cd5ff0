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
  const [method = '', url = '', ...others] = positionals
  if (!/^[A-Za-z]+$/.test(method) || !url.startsWith('/') || others.length > 0) throw new UsageError('--app needs a method and a path, such as GET /orders/1')
  const headers = ((values['header'] ?? []) as string[]).map((text) => {
    const [, name, value] = /^([\w-]+): ?([\x20-\x7E]*)$/.exec(text) ?? []
    if (name === undefined || value === undefined) throw new UsageError('--header must be NAME:VALUE')
    if (SECRET_HEADERS.includes(name.toLowerCase())) throw new UsageError('a header with a secret is never an argument: use --token-file')
    return [name.toLowerCase(), value] as const
  })
  return { method: method.toUpperCase(), url, headers: Object.fromEntries(headers) }
}
