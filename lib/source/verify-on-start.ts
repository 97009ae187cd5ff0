import type { FastifyInstance } from 'fastify'
import { ZitadelError } from '../errors.ts'
import { formatFailure } from '../failures.ts'
import { ignoreRejection } from '../ignore-rejection.ts'
import type { Config } from '../options/config.ts'
import type { Registration } from '../registration.ts'
import { introspectRandomToken } from './health-check.ts'
import type { IntrospectionSource } from './introspection-source.ts'

/**
 * Checks when the server starts whether ZITADEL accepts this API. With `verifyOnStart: true` the server waits, and a failure ends
 * the start with the code and status of a request that fails. The error has what a log line would have. Without the option, a failure
 * is a log line only.
 */
export function verifyOnStart (app: FastifyInstance, config: Config, { check, introspectSilently }: IntrospectionSource, registration: Registration): void {
  if (config.verifyOnStart === true) {
    app.addHook('onReady', async function fastifyZitadelVerifyOnStart () {
      await introspectRandomToken(introspectSilently).catch((error: ZitadelError) => {
        registration.publishFailure(error)
        const { code, statusCode, headers, cause } = error
        throw new ZitadelError(code, statusCode, `option "verifyOnStart": ${formatFailure(cause as Error)}`, headers)
      })
    })
  } else if (config.verifyOnStart === undefined && config.authorizationServer !== undefined) {
    // Apps that never listen, such as in tests, send no request.
    app.addHook('onListen', function fastifyZitadelOnListen (done) {
      ignoreRejection(check())
      done()
    })
  }
}
