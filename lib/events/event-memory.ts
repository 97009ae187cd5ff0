import { LRUCache } from 'lru-cache'
import type { ZitadelEvent } from './event.ts'
import { getText, type KnownUsers } from './event-target.ts'
import { TOLERANCE_SECONDS } from './signature.ts'

/** Deliveries that are remembered: more than ZITADEL can send in the time in which a signature is valid (10 a second). */
const MAX_DELIVERIES = 20_000
/** Role assignments and sessions whose user is remembered. */
const MAX_USERS = 100_000

/** A role assignment, as the last event of it has left it. */
interface KnownGrant { readonly user: string | undefined, readonly sequence: number }

/** What earlier events show about later ones. */
export class EventMemory implements KnownUsers {
  /** Monotonic milliseconds by delivery. */
  // With `max`, lru-cache allocates for all entries at once.
  readonly #deliveries = new LRUCache<string, number>({ maxSize: MAX_DELIVERIES, sizeCalculation: () => 1 })
  readonly #grants = new LRUCache<string, KnownGrant>({ maxSize: MAX_USERS, sizeCalculation: () => 1 })
  readonly #sessions = new LRUCache<string, string>({ maxSize: MAX_USERS, sizeCalculation: () => 1 })
  #instanceId: string | undefined

  /** @param instanceId the only instance whose events are accepted; undefined for that of the first event */
  constructor (instanceId: string | undefined) {
    this.#instanceId = instanceId
  }

  /**
   * Stores the instance of the first event, unless the option names one.
   *
   * @returns whether the event is of another instance
   */
  recordInstance ({ instanceId }: ZitadelEvent): boolean {
    this.#instanceId ??= instanceId
    return this.#instanceId !== instanceId
  }

  /**
   * Stores that an event was delivered: by the event and not by its signature, which can be written in several ways.
   *
   * @param now monotonic milliseconds
   * @returns whether it was delivered before, for as long as its signature is valid
   */
  recordDelivery ({ instanceId, aggregateType, aggregateId, sequence }: ZitadelEvent, now: number): boolean {
    const delivery = JSON.stringify([instanceId, aggregateType, aggregateId, sequence])
    const before = this.#deliveries.get(delivery) ?? -Infinity
    this.#deliveries.set(delivery, now)
    return now - before <= 2 * TOLERANCE_SECONDS * 1000
  }

  /**
   * Stores what an event shows about later ones.
   *
   * @returns the number of events of a role assignment that were missed before it
   */
  record ({ type, aggregateId, aggregateType, sequence, payload }: ZitadelEvent): number {
    if (type === 'session.user.checked') this.#setSessionUser(aggregateId, payload['userID'])
    if (type === 'oidc_session.added') this.#setSessionUser(payload['sessionID'], payload['userID'])
    if (aggregateType !== 'usergrant') return 0
    const known = this.#grants.get(aggregateId)
    this.#grants.set(aggregateId, { user: getText(payload['userId']) ?? known?.user, sequence: Math.max(sequence, known?.sequence ?? 0) })
    return known === undefined ? 0 : Math.max(0, sequence - known.sequence - 1)
  }

  readonly getUserOfGrant = (grantId: string): string | undefined => this.#grants.get(grantId)?.user
  readonly getUserOfSession = (sessionId: string): string | undefined => this.#sessions.get(sessionId)

  #setSessionUser (sessionId: unknown, userId: unknown): void {
    const [session, user] = [getText(sessionId), getText(userId)]
    if (session !== undefined && user !== undefined) this.#sessions.set(session, user)
  }
}
