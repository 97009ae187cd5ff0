import { text, type Answer } from './answer.ts'
import { discovery, webKeys } from './discovery.ts'
import type { Exchange, Instance } from './exchange.ts'
import { faultyAnswer, type Fault } from './faults.ts'
import { issuerOf, refuseOrigin, requestOrigin } from './instance.ts'
import { introspect } from './introspection.ts'
import { revoke } from './revocation.ts'

/** Finds the instance, then the endpoint; a fault goes before either. */
export async function route (exchange: Exchange, instance: Instance, fault: Fault | null): Promise<Answer> {
  const origin = requestOrigin(exchange.headers, instance.domains)
  const refusal = faultyAnswer(fault, origin, instance.domains) ?? refuseOrigin(origin, instance.domains)
  if (refusal !== undefined) return refusal
  if (exchange.method === 'OPTIONS' && exchange.headers['access-control-request-method'] !== undefined) return preflight

  const issuer = issuerOf(origin)
  switch (exchange.path) {
    case '/oauth/v2/introspect':
      return await introspect(exchange, issuer, instance, fault)
    case '/oauth/v2/revoke': return await revoke(exchange, issuer, instance)
    case '/oauth/v2/keys': return await webKeys()
    case '/.well-known/openid-configuration': return discovery(issuer)
    default: return text('404 page not found', 404)
  }
}

const preflight: Answer = { status: 204, headers: { 'access-control-allow-methods': 'GET, HEAD, POST' }, body: '' }
