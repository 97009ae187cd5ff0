import { METHODS } from 'node:http'
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
  const problem = positionals.length !== 2 ? 'give these two arguments' : findProblem(method!, url!)
  if (problem !== undefined) throw new UsageError(`--app needs a method and a path, such as GET /orders/1: ${problem}`)
  const headers = ((values['header'] ?? []) as string[]).map((text) => {
    const header = /^([\w-]+): ?([\x20-\x7E]*)$/.exec(text)
    if (header === null) throw new UsageError('--header must be NAME:VALUE')
    const name = header[1]!.toLowerCase()
    if (SECRET_HEADERS.includes(name)) throw new UsageError('a header with a secret is never an argument: use --token-file')
    return [name, header[2]!] as const
  })
  return { method: method!.toUpperCase(), url: url!, headers: Object.fromEntries(headers) }
}

/** Names no argument, because it can be a token by mistake. */
function findProblem (method: string, url: string): string | undefined {
  // A server of Node.js refuses any other method before the app gets the request.
  if (!METHODS.includes(method.toUpperCase())) return 'Node.js does not know the method'
  return url.startsWith('/') ? undefined : 'the path must start with / and be without a host, which goes into --header'
}
