import { readFile, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { startStandIn } from '../testing/start-stand-in.ts'
import { CommandError, UsageError, type Command } from './command.ts'
import { getFlag, getNumericFlag } from './flags.ts'
import { createListenError } from './listen-failure.ts'

/** Of a URL, without characters that a shell reads. */
const PATH = /^\/[\w.~%/-]*$/

/** Runs the stand-in as a process, for servers in other languages and for containers. */
export const standIn: Command = {
  usage: `  fastify-zitadel stand-in [--port N] [--key-file FILE] [--role ROLE]... [--organization ID]
                           [--path PATH]
      Runs a stand-in for ZITADEL on 127.0.0.1 until Ctrl-C. Writes the key of an API to FILE
      (default zitadel-key.json), and prints a curl command for PATH (default /) of a server at port 3000,
      with a token that has the roles (default reader) in the organization ID.
`,
  flags: { port: { type: 'string' }, 'key-file': { type: 'string' }, role: { type: 'string', multiple: true }, organization: { type: 'string' }, path: { type: 'string' } },
  run: async ({ values, positionals }, { write, untilInterrupted }) => {
    const port = getNumericFlag(values, 'port', 0, 65_535) ?? 0
    if (positionals.length > 0) throw new UsageError('it takes no arguments beside its flags')
    const path = getFlag(values, 'path') ?? '/'
    if (!PATH.test(path)) throw new UsageError('--path must be a path such as /orders')
    const file = resolve(String(values['key-file'] ?? 'zitadel-key.json'))
    const server = await startStandIn({ port }).catch((error) => { throw createListenError(port, error) })
    try {
      if (!await canReplace(file, server.api.key.clientId)) throw new CommandError('the key file exists and was not written by a stand-in: name another with --key-file')
      await writeFile(file, JSON.stringify(server.api.key), { mode: 0o600 }).catch(({ code }: { code?: unknown }) => {
        throw new CommandError(`the key file cannot be written (${String(code)}): name another with --key-file`)
      })
      const organization = getFlag(values, 'organization')
      const token = await server.issueToken({ roles: (values['role'] as string[] | undefined) ?? ['reader'], ...(organization !== undefined && { organization }) })
      write(`ZITADEL_ISSUER=${server.issuer}\nZITADEL_KEY_FILE=${quote(file)}\ncurl -i -H 'Authorization: Bearer ${token}' http://127.0.0.1:3000${path}\n`)
      await untilInterrupted()
    } finally {
      await server.close()
    }
    return 0
  }
}

/** As a shell and `node --env-file` read it: without quotation marks, a # would begin a comment. */
function quote (path: string): string {
  const mark = path.includes("'") ? '"' : "'"
  return /[^\w./:\\-]/.test(path) ? mark + path + mark : path
}

/** Whether there is no such file, or the key of an earlier stand-in: the key of a real application must not be lost. */
async function canReplace (file: string, clientId: string): Promise<boolean> {
  try {
    return (JSON.parse(await readFile(file, 'utf8')) as { clientId?: unknown }).clientId === clientId
  } catch (error) {
    return (error as { code?: unknown }).code === 'ENOENT'
  }
}
