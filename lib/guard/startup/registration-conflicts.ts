import type { FastifyInstance } from 'fastify'
import { createOptionError } from '../../errors.ts'
import { listScopes } from '../routes/server-scopes.ts'

/** The decorators of this package. Any other decorator "zitadel" is the user's own. */
const decorators = new WeakSet<object>()

/** Records that a decorator is of this package. */
export function markDecorator (decorator: object): void {
  decorators.add(decorator)
}

/**
 * Throws if the plugin is registered already in a scope around or inside of this one, or if the name of a decorator is taken.
 *
 * @throws ZitadelError `FST_ZITADEL_OPTION`
 */
export function checkRegistration (app: FastifyInstance): void {
  if (app.hasDecorator('zitadel')) {
    throw createOptionError(decorators.has(app.zitadel)
      ? 'fastify-zitadel is registered already in this scope, or in one around it, and guards the routes of this scope: remove this registration. Different options for some routes need scopes beside each other'
      : 'the instance has a decorator "zitadel" already, which is not of this plugin: give it another name, or register this plugin in another scope')
  }
  if (listScopes(app).some((scope) => decorators.has(scope.zitadel))) throw createOptionError('fastify-zitadel is registered already in a scope inside of this one: its routes would need a token of both registrations. Register it once, or in scopes beside each other')
  if (app.hasRequestDecorator('zitadel')) throw createOptionError('requests have a decorator "zitadel" already, which is not of this plugin: give it another name, or register this plugin in another scope')
}
