import type { DoubtTarget } from '../zitadel/verdict-target.ts'
import { isText, type ZitadelEvent } from './event.ts'

/** Users that earlier events have named. Undefined if no event has named the user. */
export interface EventKnowledge {
  /** The user of a role assignment. */
  readonly getUserOfGrant: (grantId: string) => string | undefined
  /** The user of a login session. */
  readonly getUserOfSession: (sessionId: string) => string | undefined
}

type Meaning = (event: ZitadelEvent, knowledge: EventKnowledge) => DoubtTarget

const ofSession: Meaning = ({ aggregateId }) => ({ session: aggregateId })
const ofUser: Meaning = ({ aggregateId }) => ({ sub: aggregateId })
const ofToken: Meaning = ({ aggregateId, payload }) => {
  const jti = getText(payload['tokenId'])
  return jti === undefined ? { sub: aggregateId } : { jti }
}
// Some of these events name no user, so whose roles have changed can be unknown.
const ofGrant: Meaning = ({ aggregateId, payload }, { getUserOfGrant }) => toTarget(getText(payload['userId']) ?? getUserOfGrant(aggregateId))
const ofLogin: Meaning = ({ aggregateId }, { getUserOfSession }) => toTarget(getUserOfSession(aggregateId))

const MEANINGS: ReadonlyMap<string, Meaning> = new Map([
  ['oidc_session.access_token.revoked', ofSession],
  ['oidc_session.refresh_token.revoked', ofSession],
  // A refresh ends the access token that the session had before.
  ['oidc_session.access_token.added', ofSession],
  ['user.token.removed', ofToken],
  ['user.pat.removed', ofToken],
  ['user.deactivated', ofUser],
  ['user.locked', ofUser],
  ['user.removed', ofUser],
  ['user.human.signed.out', ofUser],
  ['user.metadata.set', ofUser],
  ['user.metadata.removed', ofUser],
  ['user.metadata.removed.all', ofUser],
  ['session.terminated', ofLogin],
  ['user.grant.added', ofGrant],
  ['user.grant.changed', ofGrant],
  ['user.grant.removed', ofGrant],
  ['user.grant.deactivated', ofGrant],
  ['user.grant.reactivated', ofGrant],
  ['user.grant.cascade.changed', ofGrant],
  ['user.grant.cascade.removed', ofGrant]
])

/** The types of the events that can make a verdict doubtful. */
export const EVENT_TYPES: readonly string[] = [...MEANINGS.keys()]

/** Finds the verdicts that an event makes doubtful; undefined for an event that changes no decision. */
export function findTarget (event: ZitadelEvent, knowledge: EventKnowledge): DoubtTarget | undefined {
  return MEANINGS.get(event.type)?.(event, knowledge)
}

/** Nothing is guessed: if the user is unknown, every verdict is doubtful. */
function toTarget (user: string | undefined): DoubtTarget {
  return user === undefined ? { all: true } : { sub: user }
}

/** Undefined for anything that is no id. */
export function getText (value: unknown): string | undefined {
  return isText(value) ? value : undefined
}
