import type { DoubtTarget } from '../zitadel/verdict-target.ts'
import { isText, type ZitadelEvent } from './event.ts'

/** Users that earlier events have named. Undefined if no event has named the user. */
export interface KnownUsers {
  /** The user of a role assignment. */
  readonly getUserOfGrant: (grantId: string) => string | undefined
  /** The user of a login session. */
  readonly getUserOfSession: (sessionId: string) => string | undefined
}

type Meaning = (event: ZitadelEvent, known: KnownUsers) => DoubtTarget

const toSessionTarget: Meaning = ({ aggregateId }) => ({ session: aggregateId })
const toUserTarget: Meaning = ({ aggregateId }) => ({ sub: aggregateId })
const toTokenTarget: Meaning = ({ aggregateId, payload }) => {
  const jti = getText(payload['tokenId'])
  return jti === undefined ? { sub: aggregateId } : { jti }
}
// Some of these events name no user. The user whose roles have changed can then be unknown.
const toGrantTarget: Meaning = ({ aggregateId, payload }, { getUserOfGrant }) => toTarget(getText(payload['userId']) ?? getUserOfGrant(aggregateId))
const toLoginTarget: Meaning = ({ aggregateId }, { getUserOfSession }) => toTarget(getUserOfSession(aggregateId))

const MEANINGS: ReadonlyMap<string, Meaning> = new Map([
  ['oidc_session.access_token.revoked', toSessionTarget],
  ['oidc_session.refresh_token.revoked', toSessionTarget],
  // A refresh ends the access token that the session had before.
  ['oidc_session.access_token.added', toSessionTarget],
  ['user.token.removed', toTokenTarget],
  ['user.pat.removed', toTokenTarget],
  ['user.deactivated', toUserTarget],
  ['user.locked', toUserTarget],
  ['user.removed', toUserTarget],
  ['user.human.signed.out', toUserTarget],
  ['user.metadata.set', toUserTarget],
  ['user.metadata.removed', toUserTarget],
  ['user.metadata.removed.all', toUserTarget],
  ['session.terminated', toLoginTarget],
  ['user.grant.added', toGrantTarget],
  ['user.grant.changed', toGrantTarget],
  ['user.grant.removed', toGrantTarget],
  ['user.grant.deactivated', toGrantTarget],
  ['user.grant.reactivated', toGrantTarget],
  ['user.grant.cascade.changed', toGrantTarget],
  ['user.grant.cascade.removed', toGrantTarget]
])

/** The types of the events that can make a verdict doubtful. */
export const EVENT_TYPES: readonly string[] = [...MEANINGS.keys()]

/** Finds the verdicts that an event makes doubtful; undefined for an event that changes no decision. */
export function findDoubtTarget (event: ZitadelEvent, known: KnownUsers): DoubtTarget | undefined {
  return MEANINGS.get(event.type)?.(event, known)
}

/** Nothing is guessed: if the user is unknown, every verdict is doubtful. */
function toTarget (user: string | undefined): DoubtTarget {
  return user === undefined ? { all: true } : { sub: user }
}

/** Undefined for anything that is no id. */
export function getText (value: unknown): string | undefined {
  return isText(value) ? value : undefined
}
