/**
 * The entry `fastify-zitadel/testing`: a stand-in for ZITADEL, callers for tests, and the table of routes.
 *
 * @packageDocumentation
 */
export { fakeZitadel, type FakeCallers, type FakeZitadel, type FakeZitadelOptions, type TokenHeaders } from './fake-zitadel.ts'
export { expectGuarded } from './guarded/expect-guarded.ts'
export type { RouteRow } from '../guard/routes/route-table.ts'
export type { RequirementDescription, ToolsDescription } from '../guard/rules/rule-description.ts'
export { startStandIn } from './start-stand-in.ts'
export type { StandIn, StandInOptions } from './stand-in.ts'
export type { Api, ApiOptions, ApplicationKey } from './instance/api.ts'
export type { RecordedRequest } from './http/request.ts'
export type { EventBody } from './events/event-body.ts'
export type { Delivery, Webhook, WebhookReceiver, WebhookSignature, WebhookTarget } from './events/webhook-target.ts'
export type { Fault } from './faults.ts'
export type { Roles } from './tokens/roles.ts'
export type { LogoutTokenOptions } from './tokens/logout-token-format.ts'
export type { TokenFormat } from './tokens/token-format.ts'
export type { Actor, TokenOptions } from './tokens/token-options.ts'
export type { Organization, Profile, TokenKind } from './tokens/default-users.ts'
