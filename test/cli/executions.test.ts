import t from 'tap'
import { SUBSCRIBED_EVENT_TYPES, createTargetRequest, planExecutions, planRemoval, type EventExecution } from '../../lib/cli/events/executions.ts'

const find = (plan: readonly EventExecution<{ readonly event: string }>[], event: string): readonly string[] | undefined => plan.find(({ condition }) => condition.event.event === event)?.targets

t.test('a target is asynchronous and gets JSON', async (t) => {
  t.same(createTargetRequest('api', 'https://api.acme.example/events'), { name: 'api', endpoint: 'https://api.acme.example/events', restAsync: {}, timeout: '10s', payloadType: 'PAYLOAD_TYPE_JSON' })
})

t.test('each event has an execution of its own, and none is for all events', async (t) => {
  const plan = planExecutions('new', [])
  t.same(plan.map(({ condition }) => condition.event.event), SUBSCRIBED_EVENT_TYPES)
  t.ok(plan.every(({ targets }) => targets.length === 1 && targets[0] === 'new'))
  t.same(planExecutions('new', plan), [], 'nothing is left to do')
})

t.test('the targets of the execution that runs now stay', async (t) => {
  const plan = planExecutions('new', [
    { condition: { event: { all: true } }, targets: ['all'] },
    { condition: { event: { group: 'user' } }, targets: ['group'] },
    { condition: { event: { group: 'user.grant' } }, targets: ['grants'] },
    { condition: { event: { event: 'user.locked' } }, targets: ['single', 'second'] },
    { condition: { event: { event: 'user.removed' } }, targets: ['new'] }
  ])
  t.same(find(plan, 'user.locked'), ['single', 'second', 'new'])
  t.same(find(plan, 'user.deactivated'), ['group', 'new'])
  t.same(find(plan, 'user.grant.added'), ['grants', 'new'])
  t.same(find(plan, 'session.terminated'), ['all', 'new'])
  t.equal(find(plan, 'user.removed'), undefined, 'it is set up already')
})

t.test('a removal restores the executions from before', async (t) => {
  const before: EventExecution[] = [
    { condition: { event: { group: 'user' } }, targets: ['group'] },
    { condition: { event: { event: 'user.locked' } }, targets: ['single'] },
    { condition: { event: { event: 'user.removed' } }, targets: ['other'] }
  ]
  const after = new Map([...before, ...planExecutions('new', before)].map((execution) => [JSON.stringify(execution.condition), execution]))
  const removal = planRemoval('new', [...after.values()])
  t.equal(removal.length, SUBSCRIBED_EVENT_TYPES.length)
  for (const execution of removal) after.set(JSON.stringify(execution.condition), execution)
  t.same([...after.values()].filter(({ targets }) => targets.length > 0), before)
  t.same(planRemoval('new', [...after.values()]), [])
})

t.test('a removal takes the target out of groups too', async (t) => {
  t.same(planRemoval('new', [
    { condition: { event: { all: true } }, targets: ['new', 'all'] },
    { condition: { event: { group: 'user' } }, targets: ['new'] },
    { condition: { event: { event: 'user.locked' } }, targets: ['new', 'one'] },
    { condition: { event: { event: 'user.removed' } }, targets: ['one'] },
    { condition: { event: { event: 'session.terminated' } }, targets: ['new', 'one', 'all'] },
    { condition: { event: { event: 'session.user.checked' } }, targets: ['new'] },
    { condition: { event: { event: 'user.grant.added' } }, targets: ['new'] }
  ]), [
    { condition: { event: { all: true } }, targets: ['all'] },
    { condition: { event: { group: 'user' } }, targets: [] },
    { condition: { event: { event: 'user.locked' } }, targets: ['one'] },
    { condition: { event: { event: 'session.terminated' } }, targets: ['one', 'all'] },
    { condition: { event: { event: 'session.user.checked' } }, targets: [] },
    { condition: { event: { event: 'user.grant.added' } }, targets: [] }
  ])
})
