import type { StandIn } from 'fastify-zitadel/testing'

const ACME = '280000000000000900'
const OTHER = '280000000000000901'

interface Step {
  readonly title: string
  readonly method?: string
  readonly path: string
  readonly token?: string
  readonly expected: number
  readonly before?: () => void
}

/** Sends the requests of the demo one after the other, and prints each status beside the expected one. */
export async function runSteps (url: string, standIn: StandIn): Promise<{ passed: boolean, curls: string[] }> {
  const withoutRole = await standIn.issueToken({ scopes: ['openid'] })
  const reader = await standIn.issueToken({ roles: { reader: { [ACME]: 'acme.example' } }, scopes: ['openid', 'profile'] })
  const leaver = await standIn.issueToken({ roles: { reader: { [ACME]: 'acme.example' } } })
  const steps: Step[] = [
    { title: 'a public route, no token', path: '/health', expected: 200 },
    { title: 'a guarded route, no token', path: '/orders', expected: 401 },
    { title: 'an unknown token', path: '/orders', token: 'made-up', expected: 401 },
    { title: 'an active token, without the role', path: '/orders', token: withoutRole, expected: 403 },
    { title: 'an active token, with the role', path: '/orders', token: reader, expected: 200 },
    { title: 'a scope that was not requested', path: '/me', token: withoutRole, expected: 403 },
    { title: 'a scope that was requested', path: '/me', token: reader, expected: 200 },
    { title: 'the role, in its organization', path: `/organizations/${ACME}/orders`, token: reader, expected: 200 },
    { title: 'the role, in another organization', path: `/organizations/${OTHER}/orders`, token: reader, expected: 403 },
    { title: 'before it is revoked', method: 'DELETE', path: '/orders/1', token: leaver, expected: 204 },
    { title: 'after it is revoked', method: 'DELETE', path: '/orders/1', token: leaver, expected: 401, before: () => standIn.revoke(leaver) },
    { title: 'while ZITADEL is down', method: 'DELETE', path: '/orders/1', token: reader, expected: 503, before: () => standIn.fail('reset') },
    { title: 'a cached response, meanwhile', path: '/orders', token: reader, expected: 200 },
    { title: 'when ZITADEL is back', method: 'DELETE', path: '/orders/1', token: reader, expected: 204, before: () => standIn.fail(null) }
  ]
  let passed = true
  for (const step of steps) {
    step.before?.()
    passed = await play(url, step) && passed
  }
  console.log(passed ? '\nEach step was answered as expected.' : '\nA step was not answered as expected.')
  const curl = (title: string, path: string, token?: string): string =>
    `# ${title}\ncurl -i ${token === undefined ? '' : `-H 'Authorization: Bearer ${token}' `}${url}${path}`
  return {
    passed,
    curls: [
      curl('without a token', '/orders'),
      curl('without the role', '/orders', withoutRole),
      curl('with the role', '/orders', reader),
      curl('with the role in this organization', `/organizations/${ACME}/orders`, reader)
    ]
  }
}

async function play (url: string, { title, method = 'GET', path, token, expected }: Step): Promise<boolean> {
  const response = await fetch(url + path, { method, headers: token === undefined ? {} : { authorization: `Bearer ${token}` } })
  const challenge = response.headers.get('www-authenticate') ?? ''
  await response.arrayBuffer()
  const asAnnounced = response.status === expected
  const route = `${method} ${path}`
  console.log(`${asAnnounced ? 'ok    ' : 'NOT OK'} ${String(expected)}  ${route.padEnd(48)} ${title}${challenge && `  (${challenge})`}${asAnnounced ? '' : `  got ${response.status}`}`)
  return asAnnounced
}
