import type { FastifyInstance } from 'fastify'
import { ZitadelError } from '../errors.ts'
import { ignoreRejection } from '../ignore-rejection.ts'
import type { Config } from '../options/config.ts'
import type { IntrospectionSource } from './introspection-source.ts'

/**
 * Checks when the server starts whether ZITADEL accepts this API. With `verifyOnStart: true` the server waits, and a failure ends
 * the start with the code of the check, as a 500. Without the option a failure is reported only.
 */
export function verifyOnStart (app: FastifyInstance, config: Config, { check }: IntrospectionSource): void {
  if (config.verifyOnStart === true) {
    app.addHook('onReady', async function fastifyZitadelVerifyOnStart () {
      const result = await check()
      if (!result.ok) throw new ZitadelError(result.code, 500, `option "verifyOnStart": ${result.reason}`)
    })
  } else if (config.verifyOnStart === undefined && config.authorizationServer !== undefined) {
    // Apps that never listen, such as in tests, send no request.
    app.addHook('onListen', function fastifyZitadelOnListen (done) {
      ignoreRejection(check())
      done()
    })
  }
}
