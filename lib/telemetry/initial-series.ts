import type { Attributes } from '@opentelemetry/api'
import type { CredentialsMessage, EventMessage, EventRejection, ForgetMessage, LogoutRejection, OutageMessage } from '../channels.ts'
import type { RegistrationState } from '../registration.ts'
import { getEventAttributes, getForgetAttributes, getLogoutAttributes, getStateAttributes } from './attributes.ts'

const OUTAGE_STATES: Array<OutageMessage['state']> = ['failed', 'opened', 'closed']
const CREDENTIALS_STATES: Array<CredentialsMessage['state']> = ['replaced', 'kept', 'rejected']
const FORGET_TARGETS: Array<ForgetMessage['target']> = ['token', 'sub', 'jti']
const DOUBT_TARGETS: Array<Exclude<EventMessage['target'], undefined>> = ['all', 'sub', 'session', 'jti']
const LOGOUT_TARGETS: Array<ForgetMessage['target']> = ['sub', 'session']
// Objects, so that the compiler finds a reason that is missing here.
const EVENT_REJECTIONS = Object.keys({ signature: 0, malformed: 0, 'other-instance': 0, replay: 0 } satisfies Record<EventRejection, 0>) as EventRejection[]
const LOGOUT_REJECTIONS = Object.keys({ malformed: 0, signature: 0, issuer: 0, audience: 0, time: 0, claims: 0, replay: 0, keys: 0 } satisfies Record<LogoutRejection, 0>) as LogoutRejection[]

/** The attributes of series that are 0 before anything is counted, by counter. */
export type InitialSeries = Readonly<Record<'outages' | 'credentials' | 'forgets' | 'events' | 'missed' | 'logouts', readonly Attributes[]>>

/**
 * Lists the series of the parts that a registration uses. Prometheus counts an increase from the first value of a series: if that
 * were 1, the first rejection of credentials or of a webhook would cause no alert.
 */
export function listInitialSeries ({ isCircuitClosed, isSharedCacheHealthy, eventSilence, receivesLogouts }: RegistrationState): InitialSeries {
  const [hasCredentials, hasSharedCache, receivesEvents] = [isCircuitClosed, isSharedCacheHealthy, eventSilence].map((part) => part !== undefined)
  const forgets = [
    listForgets('forget', 'call', FORGET_TARGETS),
    hasSharedCache ? [...listForgets('forget', 'process', FORGET_TARGETS), ...listForgets('doubt', 'process', DOUBT_TARGETS), ...listForgets('gap', 'process', ['all'])] : [],
    receivesEvents ? listForgets('doubt', 'event', DOUBT_TARGETS) : [],
    receivesLogouts ? listForgets('doubt', 'logout', LOGOUT_TARGETS) : []
  ]
  return {
    outages: OUTAGE_STATES.filter((state) => state === 'failed' || hasCredentials).map(getStateAttributes),
    credentials: hasCredentials ? CREDENTIALS_STATES.map(getStateAttributes) : [],
    forgets: forgets.flat(),
    events: receivesEvents
      ? [
          ...DOUBT_TARGETS.map((target) => getEventAttributes({ outcome: 'applied', target })),
          getEventAttributes({ outcome: 'ignored' }),
          ...EVENT_REJECTIONS.map((reason) => getEventAttributes({ outcome: 'rejected', reason }))
        ]
      : [],
    missed: receivesEvents ? [{}] : [],
    logouts: receivesLogouts
      ? [getLogoutAttributes({ outcome: 'applied' }), ...LOGOUT_REJECTIONS.map((reason) => getLogoutAttributes({ outcome: 'rejected', reason }))]
      : []
  }
}

function listForgets (kind: ForgetMessage['kind'], source: ForgetMessage['source'], targets: Array<ForgetMessage['target']>): Attributes[] {
  return targets.map((target) => getForgetAttributes({ kind, source, target }))
}
