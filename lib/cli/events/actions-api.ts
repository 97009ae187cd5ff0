import { toOutageError } from '../../client/outage.ts'
import { isJsonObject, parseJson } from '../../untrusted-json.ts'
import type { EventExecution } from './executions.ts'
import type { ProxyServer } from '../../client/proxy-tunnel.ts'
import { CommandError } from '../command.ts'
import { sendCall } from '../http.ts'

/** A call of ZITADEL's API that changes something. */
export interface ApiCall {
  readonly method: 'POST' | 'PUT' | 'DELETE'
  readonly path: string
  readonly body?: object | undefined
}

/** A target that exists, as far as it matters here. */
export interface ExistingTarget {
  readonly id: string
  readonly endpoint?: string
  readonly restAsync?: object
  readonly payloadType?: string
}

/** A call has failed. Its message is fit for a terminal, and contains nothing that the server wrote. */
export class ApiError extends CommandError {}

/** Milliseconds for one call. */
const TIMEOUT_MS = 10_000
/** How many results are read with one call. */
const PAGE_SIZE = 100
/** A server that ignores the offset would list the same without an end. */
const MAX_PAGES = 100

type Row = Readonly<Record<string, unknown>>

/** The service for Actions of ZITADEL, for an administrator. */
export class ActionsApi {
  readonly #origin: string
  readonly #token: string
  readonly #proxy: ProxyServer | undefined

  /** @param token of an administrator */
  constructor (origin: string, token: string, proxy: ProxyServer | undefined) {
    this.#origin = origin
    this.#token = token
    this.#proxy = proxy
  }

  /** @throws ApiError */
  async listTargets (): Promise<ExistingTarget[]> {
    return await this.#list('targets', ({ id }) => typeof id === 'string') as unknown as ExistingTarget[]
  }

  /** Lists the executions that run on events. @throws ApiError */
  async listEventExecutions (): Promise<EventExecution[]> {
    const executions = await this.#list('executions', isExecution) as Array<{ condition: { event?: object }, targets?: string[] }>
    return executions.flatMap(({ condition, targets = [] }) => condition.event === undefined ? [] : [{ condition: { event: condition.event } as EventExecution['condition'], targets }])
  }

  async #list (kind: 'targets' | 'executions', isRow: (row: Row) => boolean): Promise<Row[]> {
    const found: Row[] = []
    for (let pages = 0; pages < MAX_PAGES; pages++) {
      const page = await this.send({ method: 'POST', path: `/v2/actions/${kind}/search`, body: { pagination: { offset: found.length, limit: PAGE_SIZE, asc: true } } })
      const rows = page[kind] ?? []
      if (!Array.isArray(rows) || !rows.every((row) => isJsonObject(row) && isRow(row))) throw new ApiError(`the ${kind} of ZITADEL have another form than that of its API v2`)
      found.push(...rows as Row[])
      if (rows.length < PAGE_SIZE) return found
    }
    throw new ApiError(`ZITADEL lists more than ${MAX_PAGES * PAGE_SIZE} ${kind}`)
  }

  /**
   * @returns the body of the response
   * @throws ApiError
   */
  async send ({ method, path, body }: ApiCall): Promise<Record<string, unknown>> {
    let response: Awaited<ReturnType<typeof sendCall>>
    try {
      response = await sendCall({ url: `${this.#origin}${path}`, method, headers: { authorization: `Bearer ${this.#token}` }, body, proxy: this.#proxy }, TIMEOUT_MS)
    } catch (error) {
      throw new ApiError(`${toOutageError(error, TIMEOUT_MS).message}. Run fastify-zitadel doctor: it says why`)
    }
    const { status, text } = response
    const parsed = parseJson(text)
    if (status === 200 && typeof parsed === 'object' && parsed !== null) return parsed as Record<string, unknown>
    throw new ApiError(`${method} ${path} was answered ${status}: ${getAdvice(status, text)}`)
  }
}

function isExecution ({ condition, targets }: Row): boolean {
  if (targets !== undefined && !(Array.isArray(targets) && targets.every((id) => typeof id === 'string'))) return false
  return isJsonObject(condition) && (condition['event'] === undefined || isJsonObject(condition['event']))
}

function getAdvice (status: number, text: string): string {
  if (text.includes('DeniedURL')) return 'ZITADEL does not call this URL. Allow its address in the setting HTTPClient.DenyList, or use a public one'
  switch (status) {
    case 401: return 'the token is not valid for ZITADEL\'s own API. It needs the scope urn:zitadel:iam:org:project:id:zitadel:aud'
    case 403: return 'the user may not change Actions. Give it the role IAM_OWNER'
    case 404: return 'this ZITADEL has no Actions v2, or no instance has this domain'
    default: return 'see the log of ZITADEL'
  }
}
