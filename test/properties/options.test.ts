import * as fc from 'fast-check'
import t from 'tap'
import { createConfig } from '../../lib/options/config.ts'
import { ZitadelError } from '../../lib/errors.ts'
import { compileRequirement } from '../../lib/guard/rules/requirement.ts'
import { holds } from './runs.ts'

const NAMES = ['issuer', 'credentials', 'address', 'introspectionEndpoint', 'dispatcher', 'cache', 'timeout', 'retry', 'customScopes', 'undeclaredRoutes',
  'personalAccessTokens', 'publishSub', 'tokenFrom', 'events', 'backChannelLogout', 'clients', 'projectId', 'realm', '__proto__', 'constructor', 'scope']
const CANARY = 'canary-that-must-not-be-quoted'
const values = fc.oneof(fc.anything(), fc.constant(CANARY), fc.constant({ key: CANARY }), fc.constant([CANARY]), fc.webUrl())

t.test('any options are accepted, or refused by name without a quoted value', async () => {
  holds(fc.property(fc.dictionary(fc.constantFrom(...NAMES), values), (options) => {
    try {
      return createConfig({ introspect: () => ({}), ...options }, {}).timeout > 0
    } catch (error) {
      return error instanceof ZitadelError && error.code === 'FST_ZITADEL_OPTION' && error.message.includes('option "') && !error.message.includes(CANARY)
    }
  }))
})

t.test('any requirement is compiled or refused, and a compiled one requires something', async () => {
  const names = fc.oneof(fc.string(), fc.constantFrom('openid', 'admin', 'orders:read', 'urn:zitadel:iam:org:project:role:admin'))
  const forms = fc.oneof(fc.anything(), fc.array(names), fc.array(fc.array(names)))
  holds(fc.property(fc.record({ scopes: forms, roles: forms, organization: fc.anything(), freshness: fc.anything() }, { requiredKeys: [] }), (options) => {
    try {
      const { scopes, roles, maxAge } = compileRequirement(options as never, 'roles', 'here')
      return maxAge >= 0 && [...scopes.map(({ zitadel, custom }) => [...zitadel, ...custom]), ...roles].every((set) => set.length > 0)
    } catch (error) {
      return error instanceof ZitadelError && error.code === 'FST_ZITADEL_OPTION' && error.message.startsWith('here')
    }
  }))
})
