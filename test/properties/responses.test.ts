import * as fc from 'fast-check'
import t from 'tap'
import { classifyResponse } from '../../lib/client/response-classification.ts'
import { parseJson } from '../../lib/untrusted-json.ts'
import { createVerdict } from '../../lib/verdicts/verdict.ts'
import { isIntrospectionResponse, type IntrospectionResponse } from '../../lib/oauth/introspection.ts'
import { holds } from './runs.ts'

const NOW = 1_800_000_000_000
const rules = { customScopes: 'roles', personalAccessTokens: true } as const
const odd = fc.oneof(fc.jsonValue(), fc.constantFrom('__proto__', 'constructor', '', 0, -1, 1e300, null, true))
const claims = fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('active', 'exp', 'nbf', 'scope', 'aud', 'sub', 'jti', 'client_id', 'token_type', 'cnf', 'act', 'iss',
  'urn:zitadel:iam:org:project:roles', 'urn:zitadel:iam:user:metadata', '__proto__', 'toString')), odd)

t.test('any body with any status is a response, an outage or a rejection, and never an exception', async () => {
  const answers = fc.record({ status: fc.oneof(fc.constant(200), fc.integer({ min: 100, max: 599 })), text: fc.oneof(fc.string({ unit: 'binary' }), fc.json(), claims.map((c) => JSON.stringify(c))) })
  holds(fc.property(answers, fc.boolean(), ({ status, text }, hasResponded) => {
    const classification = classifyResponse({ status, text, body: parseJson(text), headers: {}, requestId: '', parent: '' }, { issuer: 'https://zitadel.example', hasResponded, now: NOW })
    if (!('response' in classification)) return classification.kind === 'outage' || [200, 400, 401, 404].includes(status)
    const body = JSON.parse(text)
    return status === 200 && typeof body.active === 'boolean' && (body.iss === undefined || !body.active || body.iss === 'https://zitadel.example')
  }))
})

t.test('for any claims of an active response, the verdict is created, frozen, and grants only what the claims contain', async () => {
  holds(fc.property(claims, (given) => {
    const response: unknown = JSON.parse(JSON.stringify({ ...given, active: true }))
    if (!isIntrospectionResponse(response)) return 'exp' in given || 'nbf' in given
    const verdict = createVerdict(response, rules, 0, NOW)
    if (verdict.granted === undefined) return 'exp' in given || 'nbf' in given || 'cnf' in given || 'token_type' in given || 'act' in given
    const { token, grants } = verdict.granted
    const scopes = typeof response['scope'] === 'string' ? response['scope'].split(' ') : []
    return Object.isFrozen(token) && Object.isFrozen(token.claims) && Object.isFrozen(token.roles) && token.scopes.every((scope) => scopes.includes(scope)) &&
      ['constructor', '__proto__', 'toString', 'hasOwnProperty'].every((name) => !grants.hasRole(name) || Object.hasOwn(response['urn:zitadel:iam:org:project:roles'] as object, name))
  }))
})

t.test('roles are held where they were granted, and nowhere else', async () => {
  const names = fc.oneof(fc.string({ minLength: 1 }), fc.constantFrom('constructor', 'toString', 'admin'))
  const roles = fc.dictionary(names, fc.oneof(odd, fc.dictionary(names, fc.oneof(fc.string(), odd))))
  holds(fc.property(roles, names, names, (given, role, organization) => {
    const response = JSON.parse(JSON.stringify({ active: true, 'urn:zitadel:iam:org:project:roles': given })) as IntrospectionResponse
    const sent = response['urn:zitadel:iam:org:project:roles'] as Record<string, unknown>
    const { grants } = createVerdict(response, rules, 0, NOW).granted!
    const granted = Object.hasOwn(sent, role) ? sent[role] : undefined
    const isMap = typeof granted === 'object' && granted !== null && !Array.isArray(granted)
    const expected = isMap && role !== '__proto__' && organization !== '__proto__' && Object.hasOwn(granted, organization) && typeof (granted as Record<string, unknown>)[organization] === 'string'
    return grants.hasRole(role, organization) === expected
  }))
})
