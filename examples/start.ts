import type { FastifyInstance } from 'fastify'
import type { ZitadelOptions } from 'fastify-zitadel'
import { startStandIn, type TokenOptions } from 'fastify-zitadel/testing'

/** A call to try: its title, what follows the address, and the token of the stand-in that it needs. */
export interface Call {
  readonly title: string
  /** Method and path, such as `GET /orders`. */
  readonly route: string
  readonly token?: TokenOptions
  /** Arguments of curl. */
  readonly flags?: string
}

/**
 * Starts the API of an example, and prints calls to try. Without ZITADEL_ISSUER in the environment, a stand-in takes the place
 * of ZITADEL. It runs until Ctrl-C.
 */
export async function startExample (build: (options: ZitadelOptions) => Promise<FastifyInstance>, calls: readonly Call[]): Promise<void> {
  const standIn = process.env['ZITADEL_ISSUER'] ? undefined : await startStandIn()
  const app = await build(standIn === undefined ? {} : { issuer: standIn.issuer, credentials: standIn.credentials })
  const url = await app.listen({ port: Number(process.env['PORT'] ?? 3000) })
  for (const { title, route, token, flags = '' } of calls) {
    const [method, path] = route.split(' ')
    const value = token === undefined ? undefined : await standIn?.issueToken(token) ?? '$TOKEN'
    console.log(`# ${title}\ncurl -i -X ${method} ${flags}${value === undefined ? '' : `-H "Authorization: Bearer ${value}" `}${url}${path}\n`)
  }
}
