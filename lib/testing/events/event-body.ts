import type { TokenChange } from '../tokens/token-store.ts'

/** The body of an event. The members that a receiver needs are listed; more can be given. */
export interface EventBody {
  readonly aggregateID: string
  readonly aggregateType: string
  readonly instanceID: string
  /** The number of the event among those of its aggregate. */
  readonly sequence: number
  readonly event_type: string
  readonly event_payload?: Readonly<Record<string, unknown>>
  readonly [member: string]: unknown
}

/** What differs from event to event. `undefined` members are left out of the JSON. */
interface EventContent {
  readonly type: string
  readonly aggregateType: 'user' | 'oidc_session' | 'usergrant'
  readonly aggregateId: string
  /** The administrator of the change. */
  readonly userId?: string
  readonly payload?: Readonly<Record<string, unknown>>
}

export const INSTANCE_ID = '280000000000000010'
const ADMINISTRATOR_ID = '280000000000000020'
/** The version of the events of an aggregate. */
const VERSIONS = { user: 'v2', oidc_session: 'v1', usergrant: 'v1' } as const
const NANOSECONDS = 1_000_000_000

/** Creates the bodies of events, in the form that was recorded from a running server, and numbers them. */
export class EventBodies {
  readonly #sequences = new Map<string, number>()
  readonly #grants = new Map<string, string>()
  readonly #clock: () => number

  /** @param clock milliseconds since 1970 */
  constructor (clock: () => number) {
    this.#clock = clock
  }

  /** @param organization of the user */
  createUserEvent (type: 'user.locked' | 'user.deactivated', sub: string, organization: string): EventBody {
    return this.#create({ type, aggregateType: 'user', aggregateId: sub, userId: ADMINISTRATOR_ID }, organization)
  }

  createTokenEvent (change: TokenChange): EventBody {
    return this.#create(this.#describe(change), change.record.organization.id)
  }

  #create ({ type, aggregateType, aggregateId, userId, payload }: EventContent, resourceOwner: string): EventBody {
    // An aggregate that a change is about was added before.
    const sequence = (this.#sequences.get(aggregateId) ?? (type.endsWith('.grant.added') ? 0 : 1)) + 1
    this.#sequences.set(aggregateId, sequence)
    return {
      aggregateID: aggregateId,
      aggregateType,
      resourceOwner,
      instanceID: INSTANCE_ID,
      version: VERSIONS[aggregateType],
      sequence,
      event_type: type,
      created_at: new Date(this.#clock()).toISOString(),
      ...(userId !== undefined && { userID: userId }),
      ...(payload !== undefined && { event_payload: payload })
    }
  }

  #describe ({ kind, record, previousRoles }: TokenChange): EventContent {
    const session = { aggregateType: 'oidc_session', aggregateId: `V2_${record.sessionId}` } as const
    if (kind === 'refreshed') {
      const payload = { id: record.id.slice(record.id.indexOf('at_')), scope: record.scopes, lifetime: (record.expiresAt - record.issuedAt) * NANOSECONDS, reason: 'refresh' }
      return { type: 'oidc_session.access_token.added', ...session, payload }
    }
    if (kind === 'roles') return this.#describeGrant(record, previousRoles)
    if (record.kind === 'pat') return { type: 'user.pat.removed', aggregateType: 'user', aggregateId: record.sub, userId: ADMINISTRATOR_ID, payload: { tokenId: record.id } }
    return { type: 'oidc_session.access_token.revoked', ...session, payload: {} }
  }

  #describeGrant ({ sub, projectId, roles }: TokenChange['record'], previousRoles: object): EventContent {
    const grant = { aggregateType: 'usergrant', aggregateId: this.#getGrantId(sub, projectId), userId: ADMINISTRATOR_ID } as const
    const roleKeys = Object.keys(roles)
    if (roleKeys.length === 0) return { type: 'user.grant.removed', ...grant, payload: { userId: sub, projectId } }
    return Object.keys(previousRoles).length === 0
      ? { type: 'user.grant.added', ...grant, payload: { userId: sub, projectId, roleKeys } }
      : { type: 'user.grant.changed', ...grant, payload: { userId: sub, roleKeys } }
  }

  /** A user has one role assignment in a project. */
  #getGrantId (sub: string, projectId: string): string {
    const name = JSON.stringify([sub, projectId])
    const id = this.#grants.get(name) ?? String(280000000000000400n + BigInt(this.#grants.size))
    this.#grants.set(name, id)
    return id
  }
}
