import t from 'tap'
import { parseEvent, type ZitadelEvent } from '../../lib/events/event.ts'
import { EventMemory } from '../../lib/events/event-memory.ts'
import type { DoubtTarget } from '../../lib/zitadel/verdict-target.ts'
import { EVENT_TYPES, findDoubtTarget } from '../../lib/events/event-target.ts'
import { RECORDED_EVENTS, findRecorded } from '../fixtures/recorded-events.ts'

const parse = (body: object): ZitadelEvent => parseEvent(Buffer.from(JSON.stringify(body)))!
const NOTHING = new EventMemory(undefined)

const USER = '401242392587406374'
const GRANT_USER = '401244394092497958'
const SESSION = 'V2_401242459528498214'

/** What each recorded event makes doubtful, if no event came before it. */
const EXPECTED: Record<string, DoubtTarget | undefined> = {
  'oidc_session.access_token.revoked': { session: SESSION },
  'oidc_session.refresh_token.revoked': { session: SESSION },
  'oidc_session.added': undefined,
  'oidc_session.refresh_token.added': undefined,
  'oidc_session.refresh_token.renewed': undefined,
  'project.deactivated': undefined,
  'project.reactivated': undefined,
  'project.role.added': undefined,
  'project.role.removed': undefined,
  'session.added': undefined,
  'session.terminated': { all: true },
  'session.user.checked': undefined,
  'user.deactivated': { sub: USER },
  'user.grant.added': { sub: USER },
  'user.grant.cascade.changed': { all: true },
  'user.grant.cascade.removed': { all: true },
  'user.grant.changed': { sub: GRANT_USER },
  'user.grant.deactivated': { all: true },
  'user.grant.reactivated': { all: true },
  'user.grant.removed': { sub: USER },
  'user.human.signed.out': { sub: '401241630566255654' },
  'user.locked': { sub: USER },
  'user.machine.added': undefined,
  'user.metadata.set': { sub: USER },
  'user.pat.added': undefined,
  'user.pat.removed': { jti: '401242419749719078' },
  'user.reactivated': undefined,
  'user.removed': { sub: USER },
  'user.unlocked': undefined
}

t.test('each recorded event has its meaning', async (t) => {
  for (const body of RECORDED_EVENTS) {
    const expected = body.event_type === 'oidc_session.access_token.added' ? { session: body.aggregateID } : EXPECTED[body.event_type]
    t.ok(body.event_type in EXPECTED || body.event_type === 'oidc_session.access_token.added', `${body.event_type} is listed`)
    t.same(findDoubtTarget(parse(body), NOTHING), expected, body.event_type)
  }
})

t.test('an empty or too long text is no id, and is not stored', async (t) => {
  for (const id of ['', 'x'.repeat(201)]) {
    const memory = new EventMemory(undefined)
    t.same(findDoubtTarget(parse(findRecorded('user.pat.removed', { event_payload: { tokenId: id } })), memory), { sub: findRecorded('user.pat.removed').aggregateID })
    memory.record(parse(findRecorded('user.grant.added', { event_payload: { userId: id } })))
    t.same(findDoubtTarget(parse(findRecorded('user.grant.deactivated')), memory), { all: true })
    memory.record(parse(findRecorded('session.user.checked', { event_payload: { userID: id } })))
    t.same(findDoubtTarget(parse(findRecorded('session.terminated')), memory), { all: true })
  }
})

t.test('an earlier event of a role assignment names its user', async (t) => {
  const memory = new EventMemory(undefined)
  memory.record(parse(findRecorded('user.grant.added')))
  for (const type of ['user.grant.cascade.changed', 'user.grant.deactivated', 'user.grant.reactivated']) {
    t.same(findDoubtTarget(parse(findRecorded(type)), memory), { sub: USER }, type)
  }
  t.same(findDoubtTarget(parse(findRecorded('user.grant.cascade.removed')), memory), { all: true }, 'another assignment')
})

t.test('the login event of a session names its user', async (t) => {
  for (const type of ['session.user.checked', 'oidc_session.added']) {
    const memory = new EventMemory(undefined)
    const login = parse(RECORDED_EVENTS.findLast(({ event_type: recorded }) => recorded === type)!)
    memory.record(login)
    const session = '401242457951439910'
    t.same(findDoubtTarget(parse(findRecorded('session.terminated', { aggregateID: session })), memory), { sub: '401241630566255654' }, type)
    t.same(findDoubtTarget(parse(findRecorded('session.terminated')), memory), { all: true }, 'another session')
  }
})

t.test('a service account has no login session', async (t) => {
  const memory = new EventMemory(undefined)
  memory.record(parse(findRecorded('oidc_session.added')))
  t.equal(memory.getUserOfSession(''), undefined)
})

t.test('the administrator of a change is never taken for the changed user', async (t) => {
  for (const type of EVENT_TYPES) {
    const event = parse({ ...findRecorded('user.locked'), event_type: type, userID: 'administrator', event_payload: {} })
    t.notMatch(JSON.stringify(findDoubtTarget(event, NOTHING)), 'administrator', type)
  }
})

t.test('a payload of another shape makes more verdicts doubtful, never fewer', async (t) => {
  for (const payload of [{}, { tokenId: 5 }, { tokenId: null }, { tokenId: ['x'] }]) {
    t.same(findDoubtTarget(parse(findRecorded('user.pat.removed', { event_payload: payload })), NOTHING), { sub: USER })
  }
  for (const payload of [{}, { userId: 5 }, { userId: '' }, { userId: { toString: 'x' } }, null, [], 'x'] as never[]) {
    t.same(findDoubtTarget(parse(findRecorded('user.grant.changed', { event_payload: payload })), NOTHING), { all: true })
  }
  t.same(findDoubtTarget(parse(findRecorded('user.pat.removed', { event_type: 'user.token.removed' })), NOTHING), { jti: '401242419749719078' })
})

t.test('names of members of Object.prototype are no events', async (t) => {
  for (const type of ['constructor', '__proto__', 'toString', 'user.invented']) {
    t.equal(findDoubtTarget(parse(findRecorded('user.locked', { event_type: type })), NOTHING), undefined, type)
  }
})
